//! `spyglass report`: the report again, from results alone.

use super::{Exit, print, say};
use crate::checkpoint::discover_tree;
use crate::results::{Snapshot, Store, gather, report_folder};
use crate::run_file::RunFile;
use crate::{Error, Result};
use clap::Args;
use spyglass_dashboards::report;
use spyglass_dashboards::run::side_by_side;
use std::path::{Path, PathBuf};

/// The folder of a report on several runs.
const TOGETHER: &str = "spyglass-report";

/// Write the report again, from the results alone: no weights and no data are needed
///
/// Several runs (or seeds) are drawn in one report, their branches named `run/branch`.
#[derive(Debug, Args)]
pub(super) struct ReportRun {
    /// Run files
    #[arg(required = true, value_name = "RUN.yaml")]
    runs: Vec<PathBuf>,
    /// Folder of the report: of one run `report` in its results unless given, of several `spyglass-report` here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ReportRun {
    pub(super) fn run(&self) -> Result<Exit> {
        let files = self.runs.iter().map(|path| RunFile::read(path)).collect::<Result<Vec<_>>>()?;
        let (mut runs, mut damaged) = (Vec::new(), Vec::new());
        for file in &files {
            let store = Store::open(&file.results);
            let mut gathered = gather(&store, snapshot_of(file, &store)?)?;
            if let Some(own) = told_apart(file, &files) {
                gathered.run.name = format!("{} {own}", gathered.run.name);
            }
            runs.push(gathered.run);
            damaged.extend(gathered.damaged);
        }
        let run = side_by_side(runs).expect("clap asks for one run file at least");
        let out = self.out.clone().unwrap_or_else(|| match files.as_slice() {
            [file] => report_folder(&Store::open(&file.results)),
            _ => TOGETHER.into(),
        });
        let report = report::write(&run, &out)?;
        for message in &damaged {
            say(&format!("left out: {}", message.replace('\n', "\n  ")));
        }
        print(&format!("{}\n", report.display()))?;
        Ok(if damaged.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}

/// What tells a run from others of its name: its file, or the folder of the file where the files are called alike, too.
fn told_apart(file: &RunFile, files: &[RunFile]) -> Option<String> {
    let stem = |file: &RunFile| file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = |file: &RunFile| {
        let path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
        path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
    };
    let named: Vec<&RunFile> = files.iter().filter(|other| other.display_name() == file.display_name()).collect();
    let are_alike = named.iter().filter(|other| stem(other) == stem(file)).count() > 1;
    (named.len() > 1).then(|| if are_alike { folder(file) } else { stem(file) })
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
