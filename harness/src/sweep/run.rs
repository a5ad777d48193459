//! A sweep from end to end: score what is missing, then write the report.

use std::path::PathBuf;

use spyglass_dashboards::report;

use super::plan::Plan;
use super::{Work, rounded_runs, search};
use crate::Result;
use crate::executor::{Site, Summary, execute, tasks_without_items};
use crate::results::{Snapshot, Store, gather, report_folder};
use crate::run_file::CheckpointOrder;

/// How a sweep ended, and its report.
#[derive(Debug)]
pub(crate) struct Swept {
    /// How the scoring ended.
    pub(crate) summary: Summary,
    /// `index.html` of the report; `None` when the sweep was interrupted.
    pub(crate) report: Option<PathBuf>,
    /// A message for each unit that is damaged and left out of the report.
    pub(crate) damaged: Vec<String>,
}

/// Carries out a plan and writes the report into the results folder.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn sweep(plan: Plan, site: &Site) -> Result<Swept> {
    let snapshot = keep_snapshot(&site.work, &site.store)?;
    let summary = score(plan, site)?;
    if summary.interrupted {
        return Ok(Swept { summary, report: None, damaged: Vec::new() });
    }
    let (report, damaged) = write_report(&site.store, snapshot)?;
    Ok(Swept { summary, report: Some(report), damaged })
}

/// Scores what is missing of a plan.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn score(plan: Plan, site: &Site) -> Result<Summary> {
    let mut summary = tasks_without_items(site)?;
    summary.add(match site.work.schedule.order {
        CheckpointOrder::FindOnset => search(plan, site, &snapshot_of(&site.work, &site.store)?)?,
        _ => execute(plan, site)?,
    });
    Ok(summary)
}

/// The run as it is now, with the checkpoints that only live on in the results.
///
/// # Errors
/// The results folder cannot be read.
pub(crate) fn snapshot_of(work: &Work, store: &Store) -> Result<Snapshot> {
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
pub(crate) fn keep_snapshot(work: &Work, store: &Store) -> Result<Snapshot> {
    let snapshot = snapshot_of(work, store)?;
    store.keep_snapshot(&snapshot)?;
    let tasks = work.suite.tasks.iter();
    store.keep_texts(tasks.filter_map(|task| Some((&task.task, task.items.as_ref().ok()?))))?;
    store.clear_failures_unless(|failure| work.asks_for(failure));
    Ok(snapshot)
}

/// Writes the report from the results alone: its `index.html`, and a message for each damaged unit.
///
/// # Errors
/// The results cannot be read or the report cannot be written.
pub(crate) fn write_report(store: &Store, snapshot: Snapshot) -> Result<(PathBuf, Vec<String>)> {
    let (rounded, damaged) = rounded_runs(store)?;
    let mut gathered = gather(store, snapshot)?;
    gathered.damaged.extend(damaged);
    let index = report::write_priced(&gathered.run, &rounded, &report_folder(store))?;
    Ok((index, gathered.damaged))
}
