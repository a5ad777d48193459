//! One look at the run's folders: what may be scored now, and what is still being written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::ready::Ready;
use crate::Result;
use crate::checkpoint::{Settings, folders};
use crate::run_file::RunFile;

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The run file, narrowed to branches that have something to score; `None` where none has.
    pub(super) run: Option<RunFile>,
    /// Folders that may be read.
    pub(super) ready: Vec<PathBuf>,
    /// Whether a branch lies on the hub, where a look at folders tells nothing.
    pub(super) has_hub: bool,
    /// Folders that are left alone for now, with the reason.
    pub(super) waiting: BTreeMap<PathBuf, String>,
}

/// Looks through the folders of a run. A branch whose folder is not there yet is left out, and so are those that leave it.
///
/// # Errors
/// A folder cannot be listed, or holds what the run file does not allow for.
pub(super) fn look(run: &RunFile, ready: &mut Ready, settings: &Settings) -> Result<Looked> {
    let (mut narrowed, mut waiting, mut all) = (run.clone(), BTreeMap::new(), Vec::new());
    let mut branches = BTreeSet::new();
    narrowed.checkpoints.clear();
    for spec in &run.checkpoints {
        let mut spec = spec.clone();
        let own = folders(&spec)?;
        let is_hub = spec.hub.is_some();
        for folder in &own {
            if let Some(why) = ready.look(folder, run.watch.complete_marker.as_deref(), settings) {
                spec.passed_over.insert(folder.clone(), why);
            }
        }
        let has_some = is_hub || own.iter().any(|folder| !spec.passed_over.contains_key(folder));
        waiting.extend(spec.passed_over.clone());
        all.extend(own);
        if has_some && spec.parent.as_ref().is_none_or(|parent| branches.contains(&parent.branch)) {
            branches.insert(spec.branch.clone());
            narrowed.checkpoints.push(spec);
        }
    }
    ready.keep(&all);
    all.retain(|folder| !waiting.contains_key(folder));
    let has_hub = run.checkpoints.iter().any(|spec| spec.hub.is_some());
    let run = (!narrowed.checkpoints.is_empty()).then_some(narrowed);
    Ok(Looked { run, ready: all, has_hub, waiting })
}
