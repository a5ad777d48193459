//! How a sweep ended.

use super::{Event, Site};
use crate::Result;
use crate::ask::now;
use crate::results::Blamed;
use spyglass_dashboards::run::{Failure, UnitRecord};

/// How a sweep ended.
#[derive(Debug, Default)]
pub struct Summary {
    /// All finished units of the plan, those finished before included.
    pub records: Vec<UnitRecord>,
    /// How many of them were scored just now.
    pub scored: usize,
    /// What failed.
    pub failures: Vec<Failure>,
    /// Units that are missing because of them.
    pub units_failed: usize,
    /// Units that a search for onsets has no need of.
    pub spared: usize,
    /// It was stopped before its end.
    pub interrupted: bool,
}

impl Summary {
    /// Adds what was done later.
    pub fn add(&mut self, later: Self) {
        self.records.extend(later.records);
        self.scored += later.scored;
        self.failures.extend(later.failures);
        self.units_failed += later.units_failed;
        self.spared += later.spared;
        self.interrupted |= later.interrupted;
    }

    /// Items whose prompt was cut from the left, in all finished units.
    pub fn truncated(&self) -> usize {
        self.records.iter().map(|record| record.truncated).sum()
    }

    /// Whether every unit of the plan is there and whole.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.truncated() == 0 && !self.interrupted
    }
}

/// Keeps a failure for each task that has no items: it fails once, not once a checkpoint.
///
/// # Errors
/// The results folder cannot be written.
pub fn tasks_without_items(site: &Site<'_>) -> Result<Summary> {
    let mut summary = Summary::default();
    for task in &site.work.suite.tasks {
        let blamed = Blamed::Task(&task.task.name);
        match &task.items {
            Ok(_) => site.store.forgive(blamed),
            Err(error) => {
                let failure = blamed.failure(error.in_full(), now());
                site.observer.notice(&Event::Failed { failure: &failure, units: 0, items: 0 });
                site.store.fail(&failure)?;
                summary.failures.push(failure);
            }
        }
    }
    Ok(summary)
}
