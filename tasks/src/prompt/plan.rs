//! A task file, compiled, and what a task asks of it.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Keys, Templates};
use crate::data::{DataSet, Tables};
use crate::definition::{OutputType, Sampler, TaskFile};
use crate::error::Result;
use crate::icl;
use crate::long::{self, LongRow};
use crate::question::Generation;
use crate::reply::ReplyFilter;

/// What the task file says, compiled.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) file: TaskFile,
    pub(crate) output: OutputType,
    pub(crate) templates: Templates,
    pub(crate) keys: Keys,
    pub(crate) shot_keys: Keys,
    pub(crate) sampler: Sampler,
    pub(crate) generation: Generation,
    /// From a reply to what is compared.
    pub(crate) filters: Arc<Vec<ReplyFilter>>,
    /// What is done to the targets, too, before they are compared.
    pub(crate) target_filters: Vec<ReplyFilter>,
    pub(crate) tables: Arc<Tables>,
    /// What messages call the task file.
    pub(crate) shown: String,
    /// To be kept with the items.
    pub(crate) warnings: Vec<String>,
    /// The folder of the task file.
    pub(crate) home: Option<PathBuf>,
    /// The keys of the file, its includes and its subject resolved.
    pub(crate) keys_given: Map<String, Value>,
}

impl Plan {
    /// The split that is asked.
    pub(crate) fn split(&self) -> &str {
        self.file.test_split.as_deref().or(self.file.validation_split.as_deref()).unwrap_or_default()
    }

    /// Its rows are made from a seed, not read from files.
    pub(crate) fn is_generated(&self) -> bool {
        self.file.long.is_some() || self.file.dataset_path.as_deref() == Some(icl::DATASET_PATH)
    }

    /// Where it asks about long texts, its rows with them.
    ///
    /// # Errors
    /// The filler cannot be read.
    pub(super) fn long_rows(&self) -> Result<Option<Vec<LongRow>>> {
        let long = self.file.long.as_ref();
        long.map(|long| long::rows(long, &self.shown, self.home.as_deref())).transpose()
    }

    /// What it reads of a data set on the hub; `None` where its rows are generated, lie in files that it names itself, or are any
    /// text of yours.
    pub(crate) fn data_set(&self) -> Option<DataSet> {
        let file = &self.file;
        let own =
            file.dataset_kwargs.as_ref().is_some_and(|kwargs| kwargs.data_files.is_some() || kwargs.data_dir.is_some());
        let id = file.dataset_path.as_ref().filter(|id| id.split('/').count() == 2 && !own)?;
        let fewshot = file.fewshot_split.as_ref().or(file.fewshot_config.split.as_ref());
        let mut splits = vec![self.split().to_owned()];
        for split in [fewshot, file.training_split.as_ref(), file.validation_split.as_ref()].into_iter().flatten() {
            if !splits.contains(split) {
                splits.push(split.clone());
            }
        }
        Some(DataSet { id: id.clone(), part: file.dataset_name.clone(), splits })
    }

    /// The folder that its data best lie in.
    pub(crate) fn folder_name(&self) -> String {
        let dataset = self.file.dataset_path.as_deref().and_then(|path| path.rsplit('/').next());
        let own = self.file.task.clone().unwrap_or_default();
        if self.file.subjects.is_empty() { own } else { dataset.map_or(own, str::to_owned) }
    }
}
