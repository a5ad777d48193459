//! The results that a command reads: those of a run file, or a results folder by itself, as `import` writes one.

use std::path::{Path, PathBuf};

use crate::checkpoint::{discover_tree, suspects};
use crate::hub::Contents;
use crate::results::{Hashes, Snapshot, Store};
use crate::run_file::RunFile;
use crate::{Error, Result};

/// Results with the run that they tell of.
pub(super) struct Results {
    /// The run file or the folder, as it was named.
    pub(super) path: PathBuf,
    /// The run file; `None` for a results folder.
    pub(super) run: Option<RunFile>,
    /// Where they lie.
    pub(super) store: Store,
    /// The run.
    pub(super) snapshot: Snapshot,
}

impl Results {
    /// Opens the results of a run file, brought up to date where checkpoints and logs are still there, or those of a folder; a folder
    /// without results stands for the `run.yaml` in it.
    ///
    /// # Errors
    /// The run file cannot be read; nothing was swept or imported yet.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let store = Store::open(path);
            let own = path.join("run.yaml");
            match store.snapshot()? {
                Some(snapshot) => return Ok(Self { path: path.to_owned(), run: None, store, snapshot }),
                None if own.is_file() => return Self::open(&own),
                None => {
                    let help = "name a run file, or a folder that `spyglass sweep` or `spyglass import` wrote";
                    return Err(nothing_yet(path, help.into()));
                }
            }
        }
        let run = RunFile::read(path)?;
        let store = Store::open(&run.results);
        let snapshot = snapshot_of(&run, &store)?;
        Ok(Self { path: path.to_owned(), run: Some(run), store, snapshot })
    }
}

/// The run as the last sweep left it, brought up to date where checkpoints and logs are still there.
///
/// # Errors
/// Nothing was swept yet.
pub(super) fn snapshot_of(run: &RunFile, store: &Store) -> Result<Snapshot> {
    let help = || format!("`spyglass sweep {}` makes them", run.path.display());
    let kept = store.snapshot()?.ok_or_else(|| nothing_yet(store.root(), help()))?;
    let Ok(found) = discover_tree(run) else {
        return Ok(Snapshot {
            name: run.display_name(),
            run_file: run.text.clone(),
            composites: run.composites(),
            stock_phrases: run.stock_list.clone(),
            ..kept
        });
    };
    let (name, run_file) = (run.display_name(), run.text.clone());
    let mut tree = found.tree;
    let base = run.path.parent().unwrap_or(Path::new(""));
    tree.misplaced = suspects(&tree, base, &Hashes::open(store.root()), &Contents::open(store.root()))
        .left_out(run.misplaced)
        .to_vec();
    let (composites, stock_phrases) = (run.composites(), run.stock_list.clone());
    let mut snapshot = Snapshot { name, tree, groups: kept.groups.clone(), composites, stock_phrases, run_file };
    let (units, _) = store.units()?;
    snapshot.keep_scored(&kept, &units);
    Ok(snapshot)
}

fn nothing_yet(results: &Path, help: String) -> Error {
    Error::Results { path: results.to_path_buf(), problem: "there are no results here yet".into(), help }
}
