//! `results_*.json`: the keys and types of lm-evaluation-harness 0.4.13; step, tokens and learning rate under `config`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use spyglass_dashboards::run::{TaskGroup, Unit, UnitRecord};
use spyglass_dashboards::series::group_metrics;
use spyglass_tasks::MetricValue;
use spyglass_tasks::metric::{find, group, without_filter};

use super::sanitized;
use super::sheet::{Sheet, task_of};

/// The version whose files these are like.
const LIKE_VERSION: &str = "0.4.13";

type Table = Map<String, Value>;

/// A group, and what the file says of it.
struct GroupEntry<'s> {
    name: &'s str,
    members: &'s [String],
    metadata: Option<&'s Value>,
    entry: Table,
}

impl Sheet<'_> {
    /// The whole file.
    pub(super) fn results(&self, task_hashes: &BTreeMap<String, String>) -> Value {
        let groups = self.groups();
        let mut results: Table = self.of_tasks(|unit| self.task_results(&unit.record));
        let entries = || groups.iter().rev().map(|own| (own.name.to_owned(), own.entry.clone().into())); // innermost first
        results.extend(entries());
        let mut file = Map::new();
        let mut put = |key: &str, value: Value| file.insert(key.to_owned(), value);
        put("results", results.into());
        if !groups.is_empty() {
            put("groups", entries().collect::<Table>().into());
        }
        put("group_subtasks", groups.iter().map(|own| (own.name.to_owned(), json!(own.members))).collect());
        put("configs", self.of_tasks(|unit| self.config_of_task(unit)).into());
        let mut versions = self.of_tasks(|unit| version(self.config_key(unit, "metadata")));
        versions.extend(groups.iter().map(|own| (own.name.to_owned(), version(own.metadata))));
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

    /// The groups, outermost first: those of the suite, and those that came with an import.
    fn groups(&self) -> Vec<GroupEntry<'_>> {
        let own = self.suite.groups.iter().filter_map(|own| {
            let units = self.all_of(&self.suite.leaves(own))?;
            let told = self.run.groups.iter().find(|known| known.name == own.name && is_told(known, &units));
            let values: Vec<&[MetricValue]> = units.iter().map(|unit| unit.record.metrics.as_slice()).collect();
            let metrics =
                told.map_or_else(|| group(&own.metrics, &values), |told| group_metrics(told, &records(&units)));
            let entry = self.group_entry(&own.name, &own.alias, &metrics, &units);
            Some(GroupEntry { name: &own.name, members: &own.members, metadata: own.metadata.as_ref(), entry })
        });
        let is_known = |name: &String| self.suite.groups.iter().any(|known| known.name == *name);
        let imported = self.run.groups.iter().filter(|other| !is_known(&other.name)).filter_map(|other| {
            // Of a group without some of its tasks an import tells the score alone.
            let (units, metrics) = if let Some(units) = self.all_of(std::slice::from_ref(&other.name)) {
                (units.clone(), units[0].record.metrics.clone())
            } else {
                let units = self.all_of(&other.leaves)?;
                let metrics = group_metrics(other, &records(&units));
                (units, metrics)
            };
            let entry = self.group_entry(&other.name, &other.name, &metrics, &units);
            Some(GroupEntry { name: &other.name, members: &other.leaves, metadata: None, entry })
        });
        own.chain(imported).collect()
    }

    /// The units of these tasks, where there are some and all are here.
    fn all_of(&self, tasks: &[String]) -> Option<Vec<&Unit>> {
        let find = |name: &String| self.units.iter().copied().find(|unit| unit.record.task == *name);
        tasks.iter().map(find).collect::<Option<Vec<_>>>().filter(|units| !units.is_empty())
    }

    fn group_entry(&self, name: &str, alias: &str, metrics: &[MetricValue], units: &[&Unit]) -> Table {
        let filter = self.filter(&units[0].record.task);
        let mut entry = Map::new();
        entry.insert("alias".into(), alias.into());
        entry.insert("name".into(), name.into());
        entry.insert("sample_len".into(), units.iter().map(|unit| unit.record.items).sum::<usize>().into());
        put_metrics(&mut entry, metrics, &filter);
        let counts = metrics.iter().map(|metric| (key(&metric.name, "", &filter), metric.n.into()));
        entry.insert("sample_count".into(), counts.collect::<Table>().into());
        entry
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
        let known = find(without_filter(&metric.name));
        let written = known.map_or(true, |known| known.aggregation.has_stderr_in_lm_eval());
        let stderr = metric.stderr.filter(|_| written).map_or_else(|| Value::from("N/A"), Value::from);
        entry.insert(key(&metric.name, "", filter), metric.value.into());
        entry.insert(key(&metric.name, "_stderr", filter), stderr);
    }
}

/// The key of a metric with something behind its name; the metric of an import may have a filter of its own: `exact_match,strict`.
fn key(metric: &str, end: &str, filter: &str) -> String {
    let (name, filter) = metric.split_once(',').unwrap_or((metric, filter));
    format!("{name}{end},{filter}")
}

/// Whether an import told the group's own scores on the checkpoint of its tasks.
fn is_told(group: &TaskGroup, units: &[&Unit]) -> bool {
    let record = &units[0].record;
    group.told_at(record.checkpoint.at(), record.shots).is_some()
}

fn records<'u>(units: &[&'u Unit]) -> Vec<&'u UnitRecord> {
    units.iter().map(|unit| &unit.record).collect()
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
