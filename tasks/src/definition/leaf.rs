//! A task file that makes one task, or one for each of its subjects.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::files::{Kind, Loaded};
use super::schema::TaskFile;
use crate::error::{Error, Result};

/// One leaf task, read but not compiled.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    pub(super) subject: Option<String>,
    pub(super) file: TaskFile,
    pub(super) loaded: Arc<Loaded>,
}

impl Leaf {
    /// The leaves of a task file: one, or one for each of its `subjects`.
    pub(super) fn of_file(loaded: Loaded) -> Result<Vec<Self>> {
        let loaded = Arc::new(loaded);
        let Kind::Task(file) = &loaded.kind else { return Ok(Vec::new()) };
        let leaf = |file: TaskFile, subject: Option<String>, tag: Option<&String>| Self {
            name: file.task.clone().unwrap_or_default(),
            tags: file.tag.0.iter().chain(&file.group.0).chain(tag).cloned().collect(),
            subject,
            file,
            loaded: Arc::clone(&loaded),
        };
        let subjects = subjects(file);
        if subjects.is_empty() {
            return Ok(vec![leaf((**file).clone(), None, None)]);
        }
        let wrong = |problem: String| Error::Definition {
            file: loaded.origin.name(),
            problem,
            help: "`subjects` is a table of tags, each with a list of names; `task: name_{subject}` uses them".into(),
        };
        if !file.task.as_ref().is_some_and(|name| name.contains("{subject}")) {
            let many = if file.long.is_some() { "`long.lengths`" } else { "`subjects`" };
            return Err(wrong(format!("`task` lacks `{{subject}}`, and there are {many}")));
        }
        let mut leaves = Vec::new();
        for (tag, subjects) in &subjects {
            let subjects = subjects.as_array().ok_or_else(|| wrong(format!("`subjects: {tag}` is not a list")))?;
            for subject in subjects {
                let subject =
                    subject.as_str().ok_or_else(|| wrong(format!("`subjects: {tag}` holds {subject}, no name")))?;
                let keys = subject_keys(&loaded.tree, subject);
                let file = serde_json::from_value(keys.into()).map_err(|error| wrong(error.to_string()))?;
                leaves.push(leaf(file, Some(subject.to_owned()), Some(tag)));
            }
        }
        Ok(leaves)
    }
}

/// The names under which the file has a leaf each, by tag: its lengths where it is about long texts, under the task's name without them.
fn subjects(file: &TaskFile) -> Map<String, Value> {
    let Some(long) = &file.long else { return file.subjects.clone() };
    let stem = file.task.as_deref().unwrap_or_default().replace("{subject}", "");
    let lengths: Vec<Value> = long.lengths.iter().map(|length| length.to_string().into()).collect();
    Map::from_iter([(format!("{}_lengths", stem.trim_matches('_')), lengths.into())])
}

/// The keys of one subject: `{subject}` is its name, `{topic}` the same with spaces.
pub(super) fn subject_keys(keys: &Map<String, Value>, subject: &str) -> Map<String, Value> {
    let topic = subject.replace('_', " ");
    let filled = |key: &String, value: &Value| match value {
        Value::String(text) if !key.starts_with("doc_to_") => {
            text.replace("{subject}", subject).replace("{topic}", &topic).into()
        }
        other => other.clone(),
    };
    let mut keys: Map<String, Value> = keys.iter().map(|(key, value)| (key.clone(), filled(key, value))).collect();
    // Of a task over long texts the other lengths are no part.
    if let (Some(Value::Object(long)), Ok(length)) = (keys.get_mut("long"), subject.parse::<usize>()) {
        long.insert("lengths".into(), vec![length].into());
    }
    keys
}
