//! The report of a results folder, written again from what lies there: by a sweep as it goes, by whoever watches it, by `serve`.

use std::path::PathBuf;

use spyglass_dashboards::report;

use super::{Gathered, Snapshot, Store, gather, in_turn, rounded_runs};
use crate::{Error, Result};

/// A report that was written.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// Its `index.html`.
    pub(crate) index: PathBuf,
    /// What it tells of; a message for each damaged unit of the other arithmetics, too.
    pub(crate) gathered: Gathered,
}

/// Where the report of a results folder lies.
pub(crate) fn report_folder(store: &Store) -> PathBuf {
    store.root().join("report")
}

/// Writes the report of a results folder from what lies there now, what other arithmetics cost that were swept beside it among it. Several processes may do so at once: each waits for the one before
/// it and then reads anew, so that no report is older than one that it replaces. Readers find the old one or the new one, whole.
///
/// # Errors
/// Nothing was swept or imported there yet; the results cannot be read, or the report cannot be written.
pub(crate) fn rewrite_report(store: &Store) -> Result<Rewritten> {
    let kept = || {
        store.snapshot()?.ok_or_else(|| Error::Results {
            path: store.root().to_path_buf(),
            problem: "there are no results here yet".into(),
            help: "`spyglass sweep` or `spyglass import` makes them".into(),
        })
    };
    rewrite_report_of(store, kept)
}

/// [`rewrite_report`] of a run that is told, once it is our turn.
///
/// # Errors
/// The run cannot be told, the results cannot be read, or the report cannot be written.
pub(crate) fn rewrite_report_of(store: &Store, run: impl FnOnce() -> Result<Snapshot>) -> Result<Rewritten> {
    let lock = fs_err::OpenOptions::new().create(true).append(true).open(store.root().join(".report.lock"))?;
    in_turn(&lock); // let go when the file is closed, however this ends
    let mut gathered = gather(store, run()?)?;
    let (rounded, damaged) = rounded_runs(store)?;
    gathered.damaged.extend(damaged);
    let index = report::write_priced(&gathered.run, &rounded, &report_folder(store))?;
    Ok(Rewritten { index, gathered })
}
