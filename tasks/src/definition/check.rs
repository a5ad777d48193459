//! What `spyglass check` finds in a task file and its data.

use std::path::{Path, PathBuf};

use super::catalogue::Catalogue;
use super::group_file::GroupFile;
use super::schema::TaskFile;
use crate::error::Result;
use crate::item::BadRow;

/// What was found in a task file and its data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checked {
    /// Leaf tasks that the file defines or gathers.
    pub leaves: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Rows that can be asked; 0 where no data were looked at.
    pub items: usize,
    /// Rows that cannot, with the task they belong to.
    pub bad_rows: Vec<(String, BadRow)>,
    /// What is allowed but perhaps not meant.
    pub warnings: Vec<String>,
}

impl Catalogue {
    /// Checks a task file: every key, template and name in it; with data folders also every row of its data.
    ///
    /// # Errors
    /// The first thing wrong with the file; with data folders also data that are missing or cannot be read.
    pub fn check(&self, path: &Path, data: &[PathBuf]) -> Result<Checked> {
        let selection = self.select_file(path)?;
        let mut checked = Checked {
            leaves: selection.leaves.iter().map(|task| task.name.clone()).collect(),
            groups: selection.groups.iter().map(|group| group.name.clone()).collect(),
            ..Checked::default()
        };
        for task in &selection.leaves {
            for (key, value) in [("source", &task.source), ("licence", &task.licence)] {
                if value.is_none() {
                    checked.warnings.push(format!("{}: `{key}` is missing", task.name));
                }
            }
            if data.is_empty() && !task.brings_data() {
                continue;
            }
            let items = task.items(data, None)?;
            checked.items += items.items.len();
            checked.bad_rows.extend(items.bad_rows.into_iter().map(|row| (task.name.clone(), row)));
            checked.warnings.extend(items.warnings.into_iter().map(|warning| format!("{}: {warning}", task.name)));
        }
        Ok(checked)
    }
}

/// The JSON Schema of task files and group files, for editors.
pub fn task_schema() -> serde_json::Value {
    let (task, group) = (schemars::schema_for!(TaskFile), schemars::schema_for!(GroupFile));
    let mut definitions = serde_json::Map::new();
    let variants: Vec<serde_json::Value> = [task, group]
        .into_iter()
        .map(|schema| {
            let mut schema = schema.to_value();
            if let Some(table) = schema.as_object_mut() {
                table.remove("$schema");
                if let Some(serde_json::Value::Object(inner)) = table.remove("$defs") {
                    definitions.extend(inner);
                }
            }
            schema
        })
        .collect();
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Spyglass task file",
        "anyOf": variants,
        "$defs": definitions,
    })
}
