//! Inspect's result files, as JSON.

use serde_json::Value;

use super::super::table::named;
use super::{Tables, Task, model};

pub(super) fn inspect(json: &Value) -> Result<Tables, (String, String)> {
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
