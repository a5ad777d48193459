//! A sweep from end to end: score what is missing, then write the report.

use std::path::PathBuf;

use super::live::score_and_tell;
use super::plan::Plan;
use super::{Work, search};
use crate::Result;
use crate::executor::{Site, Summary, execute, tasks_without_items};
use crate::results::{Rewritten, Snapshot, Store, rewrite_report};
use crate::run_file::{CheckpointOrder, ReportSpec};

/// How a sweep ended, and its report.
#[derive(Debug)]
pub(crate) struct Swept {
    /// How the scoring ended.
    pub(crate) summary: Summary,
    /// `index.html` of the report, of what there is where the sweep was interrupted.
    pub(crate) report: PathBuf,
    /// A message for each unit that is damaged and left out of the report.
    pub(crate) damaged: Vec<String>,
}

/// Carries out a plan and writes the report into the results folder, where it is asked for after each checkpoint too.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn sweep(plan: Plan, site: &Site, report: ReportSpec) -> Result<Swept> {
    keep_snapshot(&site.work, &site.store)?;
    let summary = score_and_tell(plan, site, report)?;
    let Rewritten { index, damaged } = rewrite_report(&site.store)?;
    Ok(Swept { summary, report: index, damaged })
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
