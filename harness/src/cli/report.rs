//! `spyglass report`: the report again, from results alone.

use super::{Exit, print, say};
use crate::checkpoint::discover_tree;
use crate::run_file::RunFile;
use crate::store::{Snapshot, Store};
use crate::sweep::write_report;
use crate::{Error, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Write the report again, from the results alone: no weights and no data are needed
#[derive(Debug, Args)]
pub(super) struct ReportRun {
    /// The run file
    run: PathBuf,
}

impl ReportRun {
    pub(super) fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let store = Store::open(&run.results);
        let snapshot = snapshot_of(&run, &store)?;
        let (report, damaged) = write_report(&store, snapshot)?;
        for message in &damaged {
            say(&format!("left out: {}", message.replace('\n', "\n  ")));
        }
        print(&format!("{}\n", report.display()))?;
        Ok(if damaged.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}

/// The run as the last sweep left it, brought up to date where checkpoints and logs are still there.
///
/// # Errors
/// Nothing was swept yet.
pub(super) fn snapshot_of(run: &RunFile, store: &Store) -> Result<Snapshot> {
    let kept = store.snapshot()?.ok_or_else(|| nothing_yet(store.root(), &run.path))?;
    let Ok(found) = discover_tree(run) else {
        return Ok(Snapshot { name: run.display_name(), run_file: run.text.clone(), ..kept });
    };
    let (name, run_file) = (run.display_name(), run.text.clone());
    let mut snapshot = Snapshot { name, tree: found.tree, groups: kept.groups.clone(), run_file };
    let (units, _) = store.units()?;
    snapshot.keep_scored(&kept, &units);
    Ok(snapshot)
}

fn nothing_yet(results: &Path, run: &Path) -> Error {
    Error::Results {
        path: results.to_path_buf(),
        what: "there are no results here yet".into(),
        help: format!("`spyglass sweep {}` makes them", run.display()),
    }
}
