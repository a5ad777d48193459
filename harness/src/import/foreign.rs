//! Result files of other programs, told as lm-evaluation-harness tells them, so that one reader reads them all.
//!
//! The layouts are those of lighteval (one file a model, tasks `suite|task|shots`, before 0.11; `task|shots` since), of OLMES
//! (`task-NNN-NAME-metrics.json`, one file a task) and of Inspect's JSON logs (one file a task).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::table::{metric_name, named};

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

fn lighteval(json: &Value) -> Tables {
    let general = &json["config_general"];
    let config = if general["model_config"].is_object() { &general["model_config"] } else { &general["config"] };
    let mut tables = Tables::default();
    tables.common.insert("config".into(), model(&general["model_name"], &config["revision"]));
    tables.common.insert("model_name".into(), general["model_name"].clone());
    for (key, entry) in json["results"].as_object().into_iter().flatten() {
        let parts: Vec<&str> = key.split('|').collect();
        // `suite|task|shots|truncated`, `suite|task|shots`, `task|shots`; `all` and `_average` are sums of others
        let (name, shots, base) = match parts[..] {
            [_, name, shots, _] | [_, name, shots] => {
                (name, shots, key.splitn(3, '|').take(2).collect::<Vec<_>>().join("|"))
            }
            [name, shots] => (name, shots, name.to_owned()),
            _ => continue,
        };
        let configs = [&json["config_tasks"][key], &json["config_tasks"][&base]];
        let counts = configs.iter().flat_map(|config| [&config["effective_num_docs"], &config["original_num_docs"]]);
        let entry = entry.as_object().into_iter().flatten();
        let value = |name: &str| json["results"][key][name].as_f64();
        let metrics = entry
            .filter(|(name, _)| !name.ends_with("_stderr"))
            .filter_map(|(name, _)| Some((name.clone(), value(name)?, value(&format!("{name}_stderr")))));
        let (shots, metrics) = (shots.parse().unwrap_or(0), metrics.collect());
        if let Some(group) = name.strip_suffix(":_average") {
            tables.add_group(group, shots, metrics);
        } else {
            let items = counts.filter_map(Value::as_u64).find(|items| *items > 0);
            tables.add(Task { name, shots, items, metrics });
        }
    }
    tables
}

fn olmes(json: &Value) -> Tables {
    let (config, own) = (&json["task_config"], &json["model_config"]);
    let mut tables = Tables::default();
    let path = [&own["model_path"], &own["model"]].into_iter().find(|path| path.is_string()).unwrap_or(&Value::Null);
    tables.common.insert("config".into(), model(path, &own["revision"]));
    let alias = config["metadata"]["alias"].as_str().or(json["task_name"].as_str()).unwrap_or_default();
    let table = json["metrics"].as_object().into_iter().flatten();
    let mut metrics: Vec<_> = table
        .filter(|(name, _)| *name != "primary_score" && !name.ends_with("_stderr"))
        .filter_map(|(name, value)| {
            Some((name.clone(), value.as_f64()?, json["metrics"][format!("{name}_stderr")].as_f64()))
        })
        .collect();
    // the first metric is the one that is drawn
    let primary = config["primary_metric"].as_str();
    metrics.sort_by_key(|(name, ..)| Some(name.as_str()) != primary);
    tables.add(Task {
        name: alias.split("::").next().unwrap_or(alias),
        shots: config["num_shots"].as_u64().unwrap_or(0),
        items: json["num_instances"].as_u64(),
        metrics,
    });
    tables
}

fn inspect(json: &Value) -> Result<Tables, (String, String)> {
    if let Some(status) = json["status"].as_str().filter(|status| *status != "success") {
        let what =
            format!("is the log of a run that ended with `{status}`, so its scores are not those of the whole task");
        return Err((what, "let Inspect finish it (`inspect eval-retry`), and import the new log".into()));
    }
    let eval = &json["eval"];
    let mut tables = Tables::default();
    let path =
        if eval["model_args"]["model_path"].is_string() { &eval["model_args"]["model_path"] } else { &eval["model"] };
    tables.common.insert("config".into(), model(path, &eval["model_args"]["revision"]));
    tables.common.insert("model_name".into(), eval["model"].clone());
    let scores = json["results"]["scores"].as_array().map_or(&[][..], Vec::as_slice);
    let metrics = scores.iter().flat_map(|score| {
        let value = |name: &str| score["metrics"][name]["value"].as_f64();
        let of_scorer =
            score["name"].as_str().filter(|_| scores.len() > 1).map_or(String::new(), |name| format!("_{name}"));
        let names = score["metrics"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let metrics = names.filter(|name| !["stderr", "bootstrap_stderr", "std", "var"].contains(name));
        metrics
            .filter_map(move |name| {
                Some((
                    format!("{name}{of_scorer}"),
                    value(name)?,
                    value("stderr").or_else(|| value("bootstrap_stderr")),
                ))
            })
            .collect::<Vec<_>>()
    });
    let task = eval["task"].as_str().unwrap_or_default();
    let name = task.rsplit('/').next().unwrap_or(task);
    let shots = named(&format!("{name}/acc")).map_or(0, |known| known.shots as u64);
    let counts = [&json["results"]["completed_samples"], &eval["dataset"]["samples"]];
    tables.add(Task { name, shots, items: counts.into_iter().find_map(Value::as_u64), metrics: metrics.collect() });
    Ok(tables)
}
