//! How a sweep ended.

use spyglass_dashboards::run::{Failure, UnitRecord};

use super::Site;
use crate::Result;
use crate::progress::Event;
use crate::results::{FailureScope, now};

/// How a sweep ended.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// All finished units of the plan, those finished before included.
    pub(crate) records: Vec<UnitRecord>,
    /// How many of them were scored just now.
    pub(crate) scored: usize,
    /// What failed.
    pub(crate) failures: Vec<Failure>,
    /// Units that are missing because of them.
    pub(crate) units_failed: usize,
    /// Units that a search for onsets has no need of.
    pub(crate) spared: usize,
    /// It was stopped before its end.
    pub(crate) interrupted: bool,
}

impl Summary {
    /// Adds what was done later.
    pub(crate) fn add(&mut self, later: Self) {
        self.records.extend(later.records);
        self.scored += later.scored;
        self.failures.extend(later.failures);
        self.units_failed += later.units_failed;
        self.spared += later.spared;
        self.interrupted |= later.interrupted;
    }

    /// Items whose prompt was cut from the left, in all finished units.
    pub(crate) fn truncated(&self) -> usize {
        self.records.iter().map(|record| record.truncated).sum()
    }

    /// Whether every unit of the plan is there and whole.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty() && !self.interrupted
    }
}

/// Keeps a failure for each task that has no items: it fails once, not once a checkpoint.
///
/// # Errors
/// The results folder cannot be written.
pub(crate) fn tasks_without_items(site: &Site) -> Result<Summary> {
    let mut summary = Summary::default();
    for task in &site.work.suite.tasks {
        let scope = FailureScope::Task(&task.task.name);
        match &task.items {
            Ok(_) => site.store.clear_failure(scope),
            Err(error) => {
                let failure = scope.failure(error.in_full(), now());
                site.watch.tell(&Event::Failed { failure: failure.clone(), units: 0, items: 0 });
                site.store.fail(&failure)?;
                summary.failures.push(failure);
            }
        }
    }
    Ok(summary)
}
