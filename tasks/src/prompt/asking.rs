//! What a task asks, with what a run may change of it: its shots, its twins, where its data lie.

use std::path::PathBuf;

use super::plan::Plan;
use crate::data::Place;

/// What a task asks: its file, and the settings that a run may change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'t> {
    pub(crate) name: &'t str,
    pub(crate) subject: Option<&'t str>,
    pub(crate) shots: usize,
    /// Its items are choice-shuffled twins.
    pub(crate) is_shuffled: bool,
    /// Score of guessing, where the task file states it.
    pub(crate) chance: Option<f64>,
    pub(crate) metrics: &'t [String],
    pub(crate) plan: &'t Plan,
    /// The folders below which its data may lie.
    pub(crate) data: &'t [PathBuf],
}

impl Asking<'_> {
    /// Where its data may lie.
    pub(crate) fn place(&self) -> Place<'_> {
        let file = &self.plan.file;
        Place {
            task: self.name,
            asked: self.plan.split(),
            dataset: file.dataset_path.as_deref(),
            part: file.dataset_name.as_deref(),
            part_is_subject: self.subject.is_some(),
            files: file.dataset_kwargs.as_ref().and_then(|kwargs| kwargs.data_files.as_ref()),
            dir: file.dataset_kwargs.as_ref().and_then(|kwargs| kwargs.data_dir.as_deref()),
            home: self.plan.home.as_deref(),
            folders: self.data,
        }
    }
}
