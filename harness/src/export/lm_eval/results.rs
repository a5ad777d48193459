//! `results_*.json`: the keys and types of lm-evaluation-harness 0.4.13; step, tokens and learning rate under `config`.

use super::{Sheet, sanitized, task_of};
use serde_json::{Map, Value, json};
use spyglass_dashboards::run::{Unit, UnitRecord};
use spyglass_tasks::metric::{find, group};
use spyglass_tasks::{Group, MetricValue};
use std::collections::BTreeMap;

/// The version whose files these are like.
const LIKE_VERSION: &str = "0.4.13";

type Table = Map<String, Value>;

impl Sheet<'_> {
    /// The whole file.
    pub(super) fn results(&self, task_hashes: &BTreeMap<String, String>) -> Value {
        let groups: Vec<(&Group, Table)> = self.suite.groups.iter().filter_map(|own| self.group(own)).collect();
        let mut results: Table = self.of_tasks(|unit| self.task_results(&unit.record));
        let innermost_first = groups.iter().rev();
        results.extend(innermost_first.clone().map(|(own, entry)| (own.name.clone(), entry.clone().into())));
        let mut file = Map::new();
        let mut put = |key: &str, value: Value| file.insert(key.to_owned(), value);
        put("results", results.into());
        if !groups.is_empty() {
            let entries = innermost_first.map(|(own, entry)| (own.name.clone(), entry.clone().into()));
            put("groups", entries.collect::<Table>().into());
        }
        put("group_subtasks", groups.iter().map(|(own, _)| (own.name.clone(), json!(own.members))).collect());
        put("configs", self.of_tasks(|unit| self.config_of_task(unit)).into());
        let mut versions = self.of_tasks(|unit| version(self.config_key(unit, "metadata")));
        versions.extend(groups.iter().map(|(own, _)| (own.name.clone(), version(own.metadata.as_ref()))));
        put("versions", versions.into());
        put("n-shot", self.of_tasks(|unit| unit.record.shots.into()).into());
        put("higher_is_better", self.of_tasks(|unit| higher_is_better(&unit.record)).into());
        let samples = |unit: &Unit| json!({"original": unit.record.items_total, "effective": unit.record.items});
        put("n-samples", self.of_tasks(samples).into());
        put("config", self.config());
        put("git_hash", Value::Null);
        put("date", (self.time.as_microsecond() as f64 / 1e6).into());
        put("pretty_env_info", format!("spyglass {}", self.run.version).into());
        put("transformers_version", "not used".into());
        put("lm_eval_version", LIKE_VERSION.into());
        put("upper_git_hash", Value::Null);
        for token in ["tokenizer_pad_token", "tokenizer_eos_token", "tokenizer_bos_token"] {
            put(token, json!([null, "None"])); // as there for a token that is not known
        }
        put("eot_token_id", Value::Null);
        put("max_length", Value::Null);
        put("task_hashes", json!(task_hashes));
        put("model_source", "spyglass".into());
        put("model_name", self.model.as_str().into());
        put("model_name_sanitized", sanitized(&self.model).into());
        put("system_instruction", Value::Null);
        put("system_instruction_sha", Value::Null);
        put("fewshot_as_multiturn", false.into());
        put("chat_template", Value::Null);
        put("chat_template_sha", Value::Null);
        let seconds: f64 = self.units.iter().map(|unit| unit.record.cost.seconds).sum();
        put("total_evaluation_time_seconds", seconds.to_string().into());
        file.into()
    }

    fn of_tasks(&self, value: impl Fn(&Unit) -> Value) -> Table {
        self.units.iter().map(|unit| (unit.record.task.clone(), value(unit))).collect()
    }

    fn task_results(&self, record: &UnitRecord) -> Value {
        let alias = self.suite.tasks.iter().find(|known| known.task.name == record.task);
        let alias = alias.map_or(record.task.as_str(), |known| known.task.alias.as_str());
        let mut entry = Map::new();
        entry.insert("name".into(), record.task.as_str().into());
        entry.insert("alias".into(), alias.into());
        entry.insert("sample_len".into(), record.items.into());
        put_metrics(&mut entry, &record.metrics, &self.filter(&record.task));
        entry.into()
    }

    /// A group whose tasks are all here.
    fn group<'g>(&self, own: &'g Group) -> Option<(&'g Group, Table)> {
        let leaves = self.suite.leaves(own);
        let find = |name: &String| self.units.iter().find(|unit| unit.record.task == *name);
        let units = leaves.iter().map(find).collect::<Option<Vec<_>>>().filter(|units| !units.is_empty())?;
        let values: Vec<&[MetricValue]> = units.iter().map(|unit| unit.record.metrics.as_slice()).collect();
        let metrics = group(&own.metrics, &values);
        let filter = self.filter(&units[0].record.task);
        let mut entry = Map::new();
        entry.insert("alias".into(), own.alias.as_str().into());
        entry.insert("name".into(), own.name.as_str().into());
        entry.insert("sample_len".into(), units.iter().map(|unit| unit.record.items).sum::<usize>().into());
        put_metrics(&mut entry, &metrics, &filter);
        let counts = metrics.iter().map(|metric| (format!("{},{filter}", metric.name), metric.n.into()));
        entry.insert("sample_count".into(), counts.collect::<Table>().into());
        Some((own, entry))
    }

    /// The keys of a task's file, and those that lm-evaluation-harness adds.
    fn config_of_task(&self, unit: &Unit) -> Value {
        let record = &unit.record;
        let mut config = task_of(self.suite, unit).map(|known| known.task.config().clone()).unwrap_or_default();
        config.shift_remove("include");
        config.insert("task".into(), record.task.as_str().into());
        config.insert("num_fewshot".into(), record.shots.into());
        let metrics = record.metrics.iter().map(|metric| {
            let known = find(&metric.name).ok();
            let aggregation = known.map_or("mean", |known| known.aggregation.name());
            let better = record.higher_is_better(&metric.name);
            json!({"metric": metric.name, "aggregation": aggregation, "higher_is_better": better})
        });
        config.insert("metric_list".into(), metrics.collect());
        let usual = [
            ("description", json!("")),
            ("target_delimiter", json!(" ")),
            ("fewshot_delimiter", json!("\n\n")),
            ("fewshot_config", json!({"sampler": "default", "split": null, "samples": null})),
            ("output_type", json!("generate_until")),
            ("repeats", json!(1)),
            ("should_decontaminate", json!(false)),
            ("unsafe_code", json!(false)),
            ("metadata", json!({"version": 0})),
        ];
        for (key, value) in usual {
            config.entry(key).or_insert(value);
        }
        config.into()
    }

    fn config_key(&self, unit: &Unit, key: &str) -> Option<&Value> {
        task_of(self.suite, unit)?.task.config().get(key)
    }

    /// What was evaluated, and how.
    fn config(&self) -> Value {
        let record = &self.units[0].record;
        let at = &record.checkpoint;
        let dtype = if record.inputs.precision == "bf16" { "bfloat16" } else { "float32" };
        let limit = self.units.iter().map(|unit| &unit.record).find(|record| record.items < record.items_total);
        json!({
            "model": "spyglass",
            "model_args": format!("pretrained={},revision=step{},dtype={dtype}", at.location, at.step),
            "model_num_parameters": -1, // as there for a number that is not known
            "model_dtype": format!("torch.{dtype}"),
            "model_revision": format!("step{}", at.step),
            "model_sha": record.inputs.weights,
            "batch_size": 1,
            "batch_sizes": [],
            "device": "cpu",
            "use_cache": null,
            "limit": limit.map(|record| record.items),
            "bootstrap_iters": 0,
            "gen_kwargs": null,
            "random_seed": 0,
            "numpy_seed": 1234,
            "torch_seed": 1234,
            "fewshot_seed": 1234,
            "run": self.run.name,
            "branch": at.branch,
            "step": at.step,
            "variant": at.variant,
            "tokens": at.tokens,
            "learning_rate": at.learning_rate,
        })
    }
}

/// `acc,none` and `acc_stderr,none`; "N/A" where there is no standard error, or none there.
fn put_metrics(entry: &mut Table, metrics: &[MetricValue], filter: &str) {
    for metric in metrics {
        let written = find(&metric.name).map_or(true, |known| known.aggregation.has_stderr_in_lm_eval());
        let stderr = metric.stderr.filter(|_| written).map_or_else(|| Value::from("N/A"), Value::from);
        entry.insert(format!("{},{filter}", metric.name), metric.value.into());
        entry.insert(format!("{}_stderr,{filter}", metric.name), stderr);
    }
}

fn higher_is_better(record: &UnitRecord) -> Value {
    record
        .metrics
        .iter()
        .map(|metric| (metric.name.clone(), record.higher_is_better(&metric.name).into()))
        .collect::<Table>()
        .into()
}

/// A version as it stands under `metadata`: a number for tasks, a text for groups.
fn version(metadata: Option<&Value>) -> Value {
    metadata.and_then(|metadata| metadata.get("version")).cloned().unwrap_or_else(|| "Yaml".into())
}
