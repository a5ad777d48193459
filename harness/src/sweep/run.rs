//! A sweep from end to end: score what is missing, then write the report. A worker does the first half.

use std::collections::BTreeSet;
use std::path::PathBuf;

use spyglass_dashboards::run::Checkpoint;

use super::live::score_and_tell;
use super::plan::{Plan, PlannedUnit};
use super::{Work, search};
use crate::Result;
use crate::executor::{Site, Summary, execute, tasks_without_items};
use crate::progress::Event;
use crate::results::{Claimed, Rewritten, Snapshot, Store, UnitFolder, rewrite_report};
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

/// Carries out a plan, scores again what turns out to be damaged, and writes the report into the results folder, where it is asked for
/// after each checkpoint too.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn sweep(plan: Plan, site: &Site, report: ReportSpec) -> Result<Swept> {
    keep_snapshot(&site.work, &site.store)?;
    let mut summary = score_and_tell(plan, site, report)?;
    let mut written = rewrite_report(&site.store)?;
    if !summary.interrupted && reopen(&written.gathered.broken, site)? {
        summary.records.clear(); // the new plan holds them all
        summary.add(score_and_tell(site.plan()?, site, report)?);
        written = rewrite_report(&site.store)?;
    }
    let Rewritten { index, gathered } = written;
    Ok(Swept { summary, report: index, damaged: gathered.damaged })
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

/// Opens the units again whose items are damaged, and says so; whether there are any. Those of checkpoints that are gone stay as they
/// are, since nobody could score them again, and so do those that another worker holds.
///
/// # Errors
/// A damaged unit cannot be read, or the results folder cannot be written.
pub(crate) fn reopen(broken: &[UnitFolder], site: &Site) -> Result<bool> {
    if broken.is_empty() {
        return Ok(false);
    }
    let plan = site.plan()?;
    let at_hand = plan.checkpoints.iter().filter(|planned| planned.identity.is_some()).flat_map(|planned| {
        let folder = |unit: &PlannedUnit| planned.unit_folder(unit.subject, &site.work, &site.store).1;
        planned.units.iter().map(folder).map(|folder| folder.path().to_owned())
    });
    let at_hand: BTreeSet<PathBuf> = at_hand.collect();
    let mut is_any = false;
    for folder in broken.iter().filter(|folder| at_hand.contains(folder.path())) {
        let Claimed::Ours(_claim) = site.claims.ask(folder.path())? else { continue };
        if folder.reopen()? {
            is_any = true;
            site.watch.tell(&Event::Note(format!("{} is damaged and scored again", folder.path().display())));
        }
    }
    Ok(is_any)
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
        stock_phrases: work.stock_phrases.clone(),
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
