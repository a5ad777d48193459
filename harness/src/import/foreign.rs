//! Result files of other programs, told as lm-evaluation-harness tells them, so that one reader reads them all.
//!
//! The layouts are those of lighteval (one file a model, tasks `suite|task|shots`, before 0.11; `task|shots` since), of OLMES
//! (`task-NNN-NAME-metrics.json`, one file a task) and of Inspect's JSON logs (one file a task).

mod inspect;
mod lighteval;
mod olmes;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::table::{metric_name, named};
use inspect::inspect;
use lighteval::lighteval;
use olmes::olmes;

/// A file of another program: who wrote it, and its scores as tables of lm-evaluation-harness, one for each number of shots.
pub(super) struct Foreign {
    pub(super) program: &'static str,
    pub(super) tables: Vec<Value>,
}

/// Reads the JSON of another program; `None` where it is of none that is known.
///
/// # Errors
/// What is wrong with the file, and how to mend it.
pub(super) fn foreign(json: &Value) -> Result<Option<Foreign>, (String, String)> {
    let told = if json["config_general"].is_object() && json["results"].is_object() {
        Some(("lighteval", lighteval(json)))
    } else if json["task_name"].is_string() && json["metrics"].is_object() && json["task_config"].is_object() {
        Some(("OLMES", olmes(json)))
    } else if json["eval"]["task"].is_string() && json["eval"]["model"].is_string() {
        Some(("Inspect", inspect(json)?))
    } else {
        None
    };
    Ok(told.map(|(program, tables)| Foreign { program, tables: tables.finish() }))
}

/// Tables that are being filled.
#[derive(Default)]
struct Tables {
    /// What all of them say of the model and the time.
    common: Map<String, Value>,
    by_shots: BTreeMap<u64, Value>,
}

/// One task of a file.
struct Task<'a> {
    /// Its name as the program has it.
    name: &'a str,
    shots: u64,
    items: Option<u64>,
    /// Its metrics as the program names them, each with its standard error.
    metrics: Vec<(String, f64, Option<f64>)>,
}

impl Tables {
    fn add(&mut self, task: Task<'_>) {
        let known = named(&format!("{}/acc", task.name));
        let name = known.as_ref().map_or_else(|| task.name.replace([':', '|', '/'], "_"), |known| known.task.clone());
        let entry = entry(task.metrics);
        if entry.is_empty() {
            return;
        }
        let table = self.by_shots.entry(task.shots).or_insert_with(|| json!({}));
        if let Some((group, _)) = name.split_once('_').filter(|(group, _)| *group == "mmlu" && task.name.contains(':'))
        {
            let members = &mut table["group_subtasks"][group];
            if members.is_null() {
                *members = json!([]);
            }
            members.as_array_mut().expect("just made").push(json!(name));
        }
        table["n-shot"][&name] = json!(task.shots);
        table["chance"][&name] = json!(known.and_then(|known| known.chance));
        if let Some(items) = task.items {
            table["n-samples"][&name] = json!({"original": items, "effective": items});
        }
        table["results"][name] = Value::Object(entry);
    }

    /// What a file itself says of a group.
    fn add_group(&mut self, group: &str, shots: u64, metrics: Vec<(String, f64, Option<f64>)>) {
        let table = self.by_shots.entry(shots).or_insert_with(|| json!({}));
        table["groups"][group] = Value::Object(entry(metrics));
    }

    fn finish(self) -> Vec<Value> {
        let Self { common, by_shots } = self;
        let with_common = |mut table: Value| {
            table.as_object_mut().expect("a table").extend(common.clone());
            table
        };
        by_shots.into_values().map(with_common).collect()
    }
}

/// Metrics under our names; of two that are the same here, the first.
fn entry(metrics: Vec<(String, f64, Option<f64>)>) -> Map<String, Value> {
    let mut entry = Map::new();
    for (metric, value, stderr) in metrics {
        let metric = metric_name(&metric).unwrap_or(&metric).to_owned();
        if !entry.contains_key(&metric) {
            entry.insert(format!("{metric}_stderr"), json!(stderr));
            entry.insert(metric, json!(value));
        }
    }
    entry
}

/// What names the model, as lm-evaluation-harness has it among its arguments.
fn model(path: &Value, revision: &Value) -> Value {
    let part = |key: &str, value: &Value| Some(format!("{key}={}", value.as_str().filter(|text| !text.is_empty())?));
    let parts: Vec<String> = [part("pretrained", path), part("revision", revision)].into_iter().flatten().collect();
    json!({"model_args": parts.join(",")})
}
