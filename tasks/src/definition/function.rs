//! Python in task files: refused, with what to write instead.

use serde_json::Value;

use super::chance::function_of;
use super::files::Loaded;
use crate::error::{Error, Result};

/// An error for the first `!function` that is left once all files of the chain are laid over each other.
///
/// `shipped` names a shipped task over the same data set, whose file shows how it is done without Python.
pub(super) fn refuse(loaded: &Loaded, shipped: Option<&str>) -> Result<()> {
    let mut found = None;
    for (key, value) in &loaded.tree {
        find(key, value, &mut found);
    }
    let Some((key, function)) = found else { return Ok(()) };
    let help = match shipped {
        Some(name) => format!("{}; the shipped task `{name}` asks the same data: `include: {name}`", instead_of(&key)),
        None => instead_of(&key).to_owned(),
    };
    let (file, line) = place(loaded, &function);
    Err(Error::Function { file, line, key, function, help })
}

fn find(key: &str, value: &Value, found: &mut Option<(String, String)>) {
    if found.is_some() {
        return;
    }
    if let Some(function) = function_of(value) {
        *found = Some((key.to_owned(), function.to_owned()));
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| find(key, item, found)),
        Value::Object(table) => table.iter().for_each(|(inner, item)| find(&format!("{key}.{inner}"), item, found)),
        _ => {}
    }
}

/// What our task files have in place of a function under this key.
fn instead_of(key: &str) -> &'static str {
    match key.rsplit('.').next().unwrap_or(key) {
        "process_docs" => {
            "name the new columns under `process:`, each a Jinja expression; the filters `wikihow_text` (HellaSwag's \
             cleaning) and `regex_replace` are there for it"
        }
        "doc_to_text" | "doc_to_target" | "doc_to_choice" | "description" | "doc_to_decontamination_query" => {
            "write it as a Jinja template; Python's string methods, `.index`, slices and the filter `regex_replace` \
             work there, and `process:` adds columns"
        }
        "process_results" | "metric" | "aggregation" => {
            "name one of the metrics under `metric_list`: `spyglass list metrics` shows them"
        }
        "samples" => "write the rows out under `samples:`",
        "custom_dataset" => "save the rows as JSONL and name the file under `dataset_kwargs: {data_files: ...}`",
        "function" => "use the steps `regex`, `lowercase`, `uppercase`, `remove_whitespace` and `take_first`",
        _ => "leave the key out, or write its value here",
    }
}

fn place(loaded: &Loaded, function: &str) -> (String, usize) {
    let line = |text: &str| text.lines().position(|line| line.contains("!function") && line.contains(function));
    loaded
        .texts
        .iter()
        .find_map(|(name, text)| line(text).map(|line| (name.clone(), line + 1)))
        .unwrap_or_else(|| (loaded.origin.name(), 1))
}
