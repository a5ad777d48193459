//! lighteval's result files.

use serde_json::Value;

use super::{Tables, Task, model};

pub(super) fn lighteval(json: &Value) -> Tables {
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
