//! A sweep from end to end: score what is missing, then write the report. A worker does the first half.

use std::path::PathBuf;

use spyglass_dashboards::report;
use spyglass_dashboards::run::Checkpoint;

use super::plan::Plan;
use super::{Work, rounded_runs, search};
use crate::Result;
use crate::executor::{Site, Summary, execute, tasks_without_items};
use crate::progress::{Event, Watch};
use crate::results::{Gathered, Snapshot, Store, gather, report_folder};
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

/// Carries out a plan, scores again what turns out to be damaged, and writes the report into the results folder.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn sweep(plan: Plan, site: &Site) -> Result<Swept> {
    let mut summary = work(plan, site)?;
    if summary.interrupted {
        return Ok(Swept { summary, report: None, damaged: Vec::new() });
    }
    let mut gathered = gather(&site.store, snapshot_of(&site.work, &site.store)?)?;
    if reopen(&gathered, &site.watch)? {
        summary.records.clear(); // the new plan holds them all
        summary.add(score(site.plan()?, site)?);
        gathered = gather(&site.store, snapshot_of(&site.work, &site.store)?)?;
    }
    let report = write_pages(&mut gathered, &site.store)?;
    Ok(Swept { summary, report: Some(report), damaged: gathered.damaged })
}

/// Takes units of a plan by their claims and scores them until none is left, or it is time to stop. Any number of workers may do so
/// at once.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn work(plan: Plan, site: &Site) -> Result<Summary> {
    keep_snapshot(&site.work, &site.store)?;
    score(plan, site)
}

/// Opens the units again whose items are damaged, and says so; whether there are any.
///
/// # Errors
/// The results folder cannot be written.
pub(crate) fn reopen(gathered: &Gathered, watch: &Watch) -> Result<bool> {
    for folder in &gathered.broken {
        watch.tell(&Event::Note(format!("{} is damaged and scored again", folder.path().display())));
        folder.reopen()?;
    }
    Ok(!gathered.broken.is_empty())
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
        composites: work.composites.clone(),
        run_file: work.run_file.clone(),
    };
    let is_gone = |older: &Snapshot| {
        let mut before = older.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
        let now = |at: &Checkpoint| {
            work.tree.branches.iter().any(|branch| branch.checkpoints.iter().any(|own| own.at() == at.at()))
        };
        before.any(|at| !now(at))
    };
    if let Some(older) = store.snapshot().ok().flatten().filter(is_gone) {
        let (units, _) = store.units()?;
        snapshot.keep_scored(&older, &units);
        if work.keeps_branches {
            snapshot.keep_branches(&older, &units);
        }
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
    let mut gathered = gather(store, snapshot)?;
    let index = write_pages(&mut gathered, store)?;
    Ok((index, gathered.damaged))
}

/// Writes the report of results that were read, with what other arithmetics cost that were swept beside them; the damaged units of those
/// are added to its own.
///
/// # Errors
/// The results of another arithmetic cannot be read, or the report cannot be written.
pub(crate) fn write_pages(gathered: &mut Gathered, store: &Store) -> Result<PathBuf> {
    let (rounded, damaged) = rounded_runs(store)?;
    gathered.damaged.extend(damaged);
    Ok(report::write_priced(&gathered.run, &rounded, &report_folder(store))?)
}
