//! Which rows a task asks, and which it draws its shots from.

use std::path::{Path, PathBuf};

use super::asking::Asking;
use super::plan::Plan;
use crate::data::{Missing, Split, contents};
use crate::definition::Declared;
use crate::error::{Error, Result};
use crate::icl;

/// The rows that shots are drawn from.
pub(super) struct Pool {
    pub(super) split: Split,
    /// Name of the split, for messages.
    pub(super) name: String,
    /// One more is drawn, since an item may draw itself.
    pub(super) one_more: bool,
}

impl Plan {
    /// The rows that are asked.
    pub(super) fn asked_split(&self, task: &Asking<'_>) -> Result<Split> {
        if let Some(rows) = self.long_rows()? {
            let filler = rows.first().and_then(|long| long.haystack.body.hash()); // no row holds it
            let mut split = Split::generated(rows.into_iter().map(|long| long.row).collect());
            split.hashes.extend(filler);
            return Ok(split);
        }
        if self.is_generated() {
            let rows = icl::rows(self.file.dataset_name.as_deref().unwrap_or_default())?;
            return Ok(Split::generated(rows));
        }
        let name = self.file.test_split.as_ref().or(self.file.validation_split.as_ref());
        let name = name.expect("a task without a split was refused when it was read");
        let files = task.place().find(name).map_err(|missing| no_files(task, name, missing))?;
        self.read(task, name, &files)
    }

    fn read(&self, task: &Asking<'_>, name: &str, files: &[PathBuf]) -> Result<Split> {
        let split = Split::read(&self.tables, files, task.data, task.subject)?;
        if split.rows.is_empty() {
            let subject = task.subject.unwrap_or_default();
            let looked: Vec<String> =
                files.iter().map(|file| format!("{} (no row of `{subject}`)", file.display())).collect();
            return Err(no_data(task, name, &looked));
        }
        Ok(split)
    }

    /// The rows that shots are drawn from, by the rules of lm-evaluation-harness.
    ///
    /// Where the training split is not there the validation split serves, with a warning.
    pub(super) fn pool(&self, task: &Asking<'_>, warnings: &mut Vec<String>) -> Result<Pool> {
        let (file, config) = (&self.file, &self.file.fewshot_config);
        let declared = file.fewshot_split.as_ref().or(config.split.as_ref());
        // As there: a task without either split compares None with None, and draws one more.
        let same_as_test = declared == file.test_split.as_ref();
        if let Some(Declared::List(rows)) = &config.samples {
            let rows = rows.iter().filter_map(|row| row.as_object().cloned()).collect();
            let split = Split::of_rows(&self.shown, rows);
            return Ok(Pool { split, name: "samples".into(), one_more: same_as_test });
        }
        let place = task.place();
        let first = declared.or(file.training_split.as_ref()).or(file.validation_split.as_ref());
        let name = first.or(file.test_split.as_ref()).expect("a task without a split was refused when it was read");
        let asked = file.test_split.as_ref().or(file.validation_split.as_ref());
        let (name, files, fallback) = match (place.find(name), file.validation_split.as_ref()) {
            (Ok(files), _) => (name, files, false),
            (Err(Missing::Nowhere(mut looked)), Some(validation)) if declared.is_none() && validation != name => {
                let files = place.find(validation).map_err(|missing| match missing {
                    Missing::Nowhere(more) => {
                        looked.extend(more);
                        no_data(task, name, &looked)
                    }
                    shards @ Missing::Shards(_) => no_files(task, validation, shards),
                })?;
                warnings.push(format!("shots are drawn from `{validation}`: no data for `{name}`"));
                (validation, files, true)
            }
            (Err(missing), _) => return Err(no_files(task, name, missing)),
        };
        if declared.is_none() && file.training_split.is_none() {
            warnings.push(format!("shots are drawn from `{name}`: the task names no split for them"));
        }
        let mut split = self.read(task, name, &files)?;
        if let Some(kept) = &config.fewshot_indices {
            let rows = kept.iter().map(|index| split.rows.get(*index).cloned());
            split.rows = rows.collect::<Option<_>>().ok_or_else(|| Error::Setting {
                task: task.name.to_owned(),
                problem: format!("`fewshot_indices` names a row beyond the {} of `{name}`", split.rows.len()),
                help: "rows are counted from 0".into(),
            })?;
        }
        let one_more = same_as_test || fallback || Some(name) == asked;
        Ok(Pool { split, name: name.clone(), one_more })
    }
}

fn no_files(task: &Asking<'_>, split: &str, missing: Missing) -> Error {
    match missing {
        Missing::Nowhere(looked) => no_data(task, split, &looked),
        Missing::Shards(error) => error,
    }
}

fn no_data(task: &Asking<'_>, split: &str, looked: &[String]) -> Error {
    let places = if looked.is_empty() { "no data folder was given".to_owned() } else { looked.join(", ") };
    let example = Path::new(&task.plan.folder_name()).join(format!("{split}.jsonl")).display().to_string();
    let there = contents(task.data).map_or_else(String::new, |contents| format!("; {contents}"));
    let mut help =
        format!("looked for: {places}{there}; put the file at DATA/{example}, DATA being one of the data folders");
    if task.plan.data_set().is_some() {
        let folder = task.data.first().map_or("DATA".into(), |folder| folder.display().to_string());
        help.push_str(&format!("; with a network, `spyglass pull --data {} --out {folder}` fetches it", task.name));
    }
    Error::NoData { task: task.name.to_owned(), split: split.to_owned(), help }
}
