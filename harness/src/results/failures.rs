//! What failed and why: one small file a failure, removed when the unit is done.

use std::path::PathBuf;

use spyglass_dashboards::run::{Checkpoint, Failure};

use super::{Store, slug, write_whole};
use crate::Result;

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailureScope<'a> {
    /// A whole checkpoint.
    Checkpoint(&'a Checkpoint),
    /// A leaf task on a checkpoint.
    Unit(&'a Checkpoint, &'a str),
    /// A task on every checkpoint.
    Task(&'a str),
}

impl FailureScope<'_> {
    /// The failure, as it is kept.
    pub fn failure(self, reason: String, time: String) -> Failure {
        let (at, task) = match self {
            Self::Checkpoint(at) => (Some(at), None),
            Self::Unit(at, task) => (Some(at), Some(task)),
            Self::Task(task) => (None, Some(task)),
        };
        Failure {
            branch: at.map_or(Failure::EVERYWHERE, |at| &at.branch).to_owned(),
            step: at.map_or(0, |at| at.step),
            variant: at.and_then(|at| at.variant.clone()),
            task: task.map(str::to_owned),
            reason,
            time,
        }
    }
}

impl Store {
    /// Keeps the reason why something failed.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn fail(&self, failure: &Failure) -> Result<()> {
        let text = serde_json::to_string_pretty(failure).expect("plain data");
        write_whole(&self.failure_file(failure), text.as_bytes())
    }

    /// Forgets a failure, since it is mended now.
    pub fn clear_failure(&self, scope: FailureScope<'_>) {
        drop(fs_err::remove_file(self.failure_file(&scope.failure(String::new(), String::new()))));
    }

    /// Forgets the failures of what nobody asks for any more.
    pub fn clear_failures_unless(&self, wanted: impl Fn(&Failure) -> bool) {
        for failure in self.failures().iter().filter(|failure| !wanted(failure)) {
            drop(fs_err::remove_file(self.failure_file(failure)));
        }
    }

    /// All failures that are kept.
    pub fn failures(&self) -> Vec<Failure> {
        let Ok(entries) = fs_err::read_dir(self.root().join("failed")) else { return Vec::new() };
        let texts = entries.filter_map(|entry| fs_err::read_to_string(entry.ok()?.path()).ok());
        let mut failures: Vec<Failure> = texts.filter_map(|text| serde_json::from_str(&text).ok()).collect();
        failures
            .sort_by(|a, b| (&a.branch, a.step, &a.variant, &a.task).cmp(&(&b.branch, b.step, &b.variant, &b.task)));
        failures
    }

    fn failure_file(&self, failure: &Failure) -> PathBuf {
        let variant = failure.variant.as_ref().map(|variant| format!("-{}", slug(variant))).unwrap_or_default();
        let task = failure.task.as_ref().map_or_else(|| "checkpoint".into(), |task| format!("task-{}", slug(task)));
        self.root().join("failed").join(format!(
            "{}.step-{:09}{variant}.{task}.json",
            slug(&failure.branch),
            failure.step
        ))
    }
}
