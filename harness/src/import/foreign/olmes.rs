//! OLMES' result files.

use serde_json::Value;

use super::{Tables, Task, model};

pub(super) fn olmes(json: &Value) -> Tables {
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
