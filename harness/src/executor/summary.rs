//! How a sweep ended.

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
    /// It was stopped before its end.
    pub interrupted: bool,
}

impl Summary {
    /// Items whose prompt was cut from the left, in all finished units.
    pub fn truncated(&self) -> usize {
        self.records.iter().map(|record| record.truncated).sum()
    }

    /// Whether every unit of the plan is there and whole.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.truncated() == 0 && !self.interrupted
    }
}
