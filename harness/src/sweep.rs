//! A sweep from end to end: score what is missing, then write the report.

use crate::Result;
use crate::executor::{Executor, Observer, Questions, Site, Summary, tasks_without_items};
use crate::gather::{gather, report_folder};
use crate::interrupt::Interrupt;
use crate::plan::Plan;
use crate::run_file::CheckpointOrder;
use crate::search::search;
use crate::store::{Hashes, Snapshot, Store};
use crate::work::Work;
use spyglass_dashboards::report;
use std::path::PathBuf;

/// How a sweep ended, and its report.
#[derive(Debug)]
pub struct Swept {
    /// How the scoring ended.
    pub summary: Summary,
    /// `index.html` of the report; `None` when the sweep was interrupted.
    pub report: Option<PathBuf>,
    /// A message for each unit that is damaged and left out of the report.
    pub damaged: Vec<String>,
}

/// Carries out the plan of `work` and writes the report into the results folder.
///
/// # Errors
/// The results folder can no longer be written.
pub fn sweep(
    work: &Work,
    store: &Store,
    hashes: &Hashes,
    plan: Plan,
    executor: &dyn Executor,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<Swept> {
    let snapshot = keep_snapshot(work, store)?;
    let questions = Questions::new(&work.suite);
    let site = Site { work, questions: &questions, store, hashes, observer, interrupt };
    let mut summary = tasks_without_items(&site)?;
    summary.add(match work.schedule.order {
        CheckpointOrder::FindOnset => search(plan, executor, &site, &snapshot)?,
        _ => executor.execute(plan, &site)?,
    });
    if summary.interrupted {
        return Ok(Swept { summary, report: None, damaged: Vec::new() });
    }
    let (report, damaged) = write_report(store, snapshot)?;
    Ok(Swept { summary, report: Some(report), damaged })
}

/// The run as it is now, with the checkpoints that only live on in the results.
///
/// # Errors
/// The results folder cannot be read.
pub fn snapshot_of(work: &Work, store: &Store) -> Result<Snapshot> {
    let mut snapshot = Snapshot {
        name: work.name.clone(),
        tree: work.tree.clone(),
        groups: work.suite.task_groups(),
        run_file: work.run_file.clone(),
    };
    if let Ok(Some(older)) = store.snapshot() {
        let (units, _) = store.units()?;
        snapshot.keep_scored(&older, &units);
    }
    Ok(snapshot)
}

/// Keeps the run as it is now beside its results.
///
/// # Errors
/// The results folder cannot be read or written.
pub fn keep_snapshot(work: &Work, store: &Store) -> Result<Snapshot> {
    let snapshot = snapshot_of(work, store)?;
    store.keep_snapshot(&snapshot)?;
    store.keep_texts(&work.suite)?;
    store.forgive_unless(|failure| work.asks_for(failure));
    Ok(snapshot)
}

/// Writes the report from the results alone: its `index.html`, and a message for each damaged unit.
///
/// # Errors
/// The results cannot be read or the report cannot be written.
pub fn write_report(store: &Store, snapshot: Snapshot) -> Result<(PathBuf, Vec<String>)> {
    let gathered = gather(store, snapshot)?;
    let index = report::write(&gathered.run, &report_folder(store))?;
    Ok((index, gathered.damaged))
}
