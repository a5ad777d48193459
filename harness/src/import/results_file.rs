//! One `results_*.json` of lm-evaluation-harness, or what another program's file says in its words: its checkpoint, the units of its tasks, the scores of its groups.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use spyglass_dashboards::run::{Checkpoint, GroupScores, UnitInputs, UnitRecord};
use spyglass_tasks::metric::without_filter;
use spyglass_tasks::python::from_json_or_null;
use spyglass_tasks::{Catalogue, MetricValue, metric};

use super::foreign::foreign;
use super::lm_eval::Options;
use crate::checkpoint::Pattern;
use crate::results::{new_record, now};
use crate::{Error, Result};

/// One `results_*.json`.
pub(super) struct ResultsFile {
    path: PathBuf,
    /// The path below the folder that is imported.
    pub(super) shown: String,
    /// Who wrote it.
    program: &'static str,
    json: Value,
}

/// A group with the tasks below it.
pub(super) struct FoundGroup {
    pub(super) name: String,
    pub(super) leaves: Vec<String>,
    /// The file has all of its tasks; of a group without some its own score is stored as a task's.
    pub(super) whole: bool,
    /// Its own scores; none where the file only lists its tasks.
    pub(super) told: Option<GroupScores>,
}

impl ResultsFile {
    /// Reads a file, one of another program table by table; nothing when it is JSON that no known program wrote: without a table
    /// `results` that holds a table for each task.
    ///
    /// # Errors
    /// The file cannot be read, or is not JSON, or its program did not finish.
    pub(super) fn read(path: &Path, folder: &Path) -> Result<Vec<Self>> {
        let text = fs_err::read_to_string(path)?;
        let wrong = |problem: String, help: String| Error::Results { path: path.to_owned(), problem, help };
        let json: Value = from_json_or_null(&text).map_err(|error| {
            wrong(format!("is not JSON: {error}"), "the file is cut short, or is not a program's results".into())
        })?;
        let shown = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let file =
            |program: &'static str, json: Value| Self { path: path.to_owned(), shown: shown.clone(), program, json };
        if let Some(foreign) = foreign(&json).map_err(|(problem, help)| wrong(problem, help))? {
            return Ok(foreign.tables.into_iter().map(|table| file(foreign.program, table)).collect());
        }
        let has_tasks = json["results"].as_object().is_some_and(|table| table.values().any(Value::is_object));
        Ok(if has_tasks { vec![file("lm-evaluation-harness", json)] } else { Vec::new() })
    }

    /// The checkpoint that was scored.
    ///
    /// # Errors
    /// Nothing tells its step or its tokens, or two tell other tokens.
    pub(super) fn checkpoint(&self, options: &Options, pattern: &Pattern) -> Result<Checkpoint> {
        let config = &self.json["config"];
        let names = self.names();
        let named = names.iter().find_map(|name| pattern.find(name));
        let wrong = |what: String, help: String| Error::Results { path: self.path.clone(), problem: what, help };
        let step = config["step"].as_u64().or(named.as_ref().and_then(|named| named.step)).ok_or_else(|| {
            let what =
                format!("`{}` occurs neither in its `model_args`, nor in its model's name or path", options.pattern);
            wrong(what, format!("say with a pattern where the step stands; its path here is `{}`", self.shown))
        })?;
        let by_step = || options.tokens_per_step.map(|tokens| tokens.saturating_mul(step));
        let label = named.as_ref().and_then(|named| named.tokens);
        let tokens = match (config["tokens"].as_u64().or_else(by_step), label) {
            (Some(exact), Some(label)) if !label.allows(exact) => {
                let what = format!("its name says {} tokens, but at step {step} it has seen {exact}", label.tokens);
                return Err(wrong(what, "correct the tokens of a step, or write `*` in place of `{tokens}`".into()));
            }
            (exact, label) => exact.or(label.map(|label| label.tokens)),
        };
        let tokens = tokens.ok_or_else(|| {
            let help = "say how many tokens a step sees; the curves are drawn over tokens";
            wrong("does not say how many tokens were seen".into(), help.into())
        })?;
        Ok(Checkpoint {
            branch: config["branch"].as_str().unwrap_or(&options.branch).to_owned(),
            step,
            variant: config["variant"].as_str().map(str::to_owned),
            tokens,
            learning_rate: config["learning_rate"].as_f64(),
            location: self.shown.clone(),
        })
    }

    /// Texts in which the step may stand, the first one first.
    fn names(&self) -> [String; 3] {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        [text(&self.json["config"]["model_args"]), text(&self.json["model_name"]), self.shown.clone()]
    }

    /// What kind of checkpoint the name tells behind its step: `ema` of `checkpoint-100-ema`. A word alone tells: numbers (`-bf16`,
    /// `-tokens4B`) may vary from step to step.
    pub(super) fn kind(&self, pattern: &Pattern) -> Option<String> {
        let names = self.names();
        let (text, named) = names.iter().find_map(|name| Some((name, pattern.find(name)?)))?;
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        // The shortest beginning that tells the same ends with the step.
        let rest = ends.map(|end| text.split_at(end)).find(|(head, _)| pattern.find(head).as_ref() == Some(&named))?.1;
        let rest = rest.split("__").next()?.strip_prefix(['-', '_', '.'])?;
        let word = rest.split(|c: char| !c.is_alphanumeric() && !"-_".contains(c)).next()?;
        let is_word = !["", "json"].contains(&word) && word.chars().all(|c| c.is_alphabetic() || "-_".contains(c));
        is_word.then(|| word.to_lowercase())
    }

    /// Looks for scores that cannot be what their metric is.
    ///
    /// # Errors
    /// A metric that is known as a share lies outside 0 to 1.
    pub(super) fn check_shares(&self) -> Result<()> {
        for (task, entry) in self.json["results"].as_object().into_iter().flatten() {
            let found = metrics(entry.as_object(), 0).into_iter().find(is_no_share);
            if let Some(MetricValue { name, value, .. }) = found {
                return Err(Error::Results {
                    path: self.path.clone(),
                    problem: format!("`{task}` has {value} as its `{name}`, which lies between 0 and 1"),
                    help: "write shares, not per cent: 0.45 in place of 45".into(),
                });
            }
        }
        Ok(())
    }

    /// What of the model's arguments says which model it is, in their order; settings of its run are left out.
    pub(super) fn model(&self) -> Vec<String> {
        let naming =
            |key: &str| ["pretrained", "model", "path", "revision", "subfolder", "peft", "delta"].contains(&key);
        let part = |key: &str, value: &str| naming(key).then(|| format!("{key}={}", value.trim_end_matches('/')));
        let mut parts: Vec<String> = match &self.json["config"]["model_args"] {
            Value::String(text) => {
                text.split(',').filter_map(|pair| pair.split_once('=')).filter_map(|(k, v)| part(k.trim(), v)).collect()
            }
            Value::Object(table) => table.iter().filter_map(|(key, value)| part(key, value.as_str()?)).collect(),
            _ => Vec::new(),
        };
        parts.sort_unstable();
        parts
    }

    /// That the file is of the same model as an earlier one of its checkpoint.
    ///
    /// # Errors
    /// Both name their models, and not alike.
    pub(super) fn check_model(&self, own: &[String], earlier: &(Vec<String>, String)) -> Result<()> {
        let (model, file) = earlier;
        if own.is_empty() || model.is_empty() || own == model {
            return Ok(());
        }
        let (own, model) = (own.join(","), model.join(","));
        Err(Error::Results {
            path: self.path.clone(),
            problem: format!(
                "is of the same branch and step as `{file}`, but of another model: `{own}`, there `{model}`"
            ),
            help: "import each model by itself under a branch of its own, or name a `variant` under `config`".into(),
        })
    }

    /// Names of the leaf tasks, and of groups that cannot be read through their tasks.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &str> {
        let names = |table: &str| self.json[table].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let is_only_here = |name: &&str| self.json["results"].get(*name).is_none();
        let all = names("results").chain(names("groups").filter(is_only_here).collect::<Vec<_>>());
        all.filter(|name| !(self.is_group(name) && self.is_whole(name)))
    }

    /// Whether the name is that of a group of whose tasks the file tells, and all were asked alike.
    fn is_group(&self, name: &str) -> bool {
        self.members(name).is_some() && {
            let leaves = self.leaves_with(name, &["results", "n-shot"]);
            leaves.iter().all(|leaf| self.shots(leaf) == self.shots(&leaves[0]))
        }
    }

    /// Whether all tasks of a group are here.
    fn is_whole(&self, name: &str) -> bool {
        self.leaves_with(name, &["results"]).len() == self.leaves(name, 0).len()
    }

    /// The tasks of a group of which one of the tables tells.
    fn leaves_with(&self, name: &str, tables: &[&str]) -> Vec<String> {
        let is_told = |leaf: &String| tables.iter().any(|table| self.json[*table].get(leaf).is_some());
        self.leaves(name, 0).into_iter().filter(|leaf| leaf != name && is_told(leaf)).collect()
    }

    /// What the file says of a task or a group.
    fn entry(&self, name: &str) -> Option<&Map<String, Value>> {
        [&self.json["results"][name], &self.json["groups"][name]].into_iter().find_map(Value::as_object)
    }

    /// Whether the file lists the name as a group's, wherever its tasks are.
    pub(super) fn calls_group(&self, name: &str) -> bool {
        ["groups", "group_subtasks"]
            .iter()
            .any(|table| self.json[*table].get(name).is_some_and(|group| *group != json!([])))
    }

    /// Members of a group, where the name is one and the file tells something of at least one of its tasks.
    fn members(&self, name: &str) -> Option<Vec<String>> {
        let members = self.json["group_subtasks"].get(name)?.as_array()?;
        let members: Vec<String> = members.iter().filter_map(|member| Some(member.as_str()?.to_owned())).collect();
        let is_here = |member: &String| {
            ["results", "group_subtasks", "n-shot"].iter().any(|table| self.json[*table].get(member).is_some())
        };
        members.iter().any(is_here).then_some(members)
    }

    /// The groups, outer ones before inner ones as in the file, with their own scores on `checkpoint`.
    pub(super) fn groups(&self, checkpoint: &Checkpoint) -> Vec<FoundGroup> {
        let names = self.json["group_subtasks"].as_object().into_iter().flatten().map(|(name, _)| name);
        let group = |name: &String| {
            let (leaves, whole) = (self.leaves(name, 0), self.is_whole(name));
            let told = self.told(name, &leaves, checkpoint);
            FoundGroup { name: name.clone(), leaves, whole, told }
        };
        names.filter(|name| self.is_group(name)).map(group).collect()
    }

    fn leaves(&self, name: &str, depth: usize) -> Vec<String> {
        let mut leaves: Vec<String> = match self.members(name) {
            Some(members) if depth < 16 => members.iter().flat_map(|member| self.leaves(member, depth + 1)).collect(),
            _ => vec![name.to_owned()],
        };
        let mut seen = std::collections::BTreeSet::new();
        leaves.retain(|leaf| seen.insert(leaf.clone()));
        leaves
    }

    /// What the file itself says of a group.
    fn told(&self, name: &str, leaves: &[String], checkpoint: &Checkpoint) -> Option<GroupScores> {
        let entry = self.entry(name)?;
        let items = leaves.iter().map(|leaf| self.items(leaf)).sum();
        let metrics = metrics(Some(entry), items);
        (!metrics.is_empty()).then(|| GroupScores {
            branch: checkpoint.branch.clone(),
            step: checkpoint.step,
            variant: checkpoint.variant.clone(),
            shots: leaves.first().map_or(0, |leaf| self.shots(leaf)),
            metrics,
        })
    }

    fn shots(&self, task: &str) -> usize {
        self.json["n-shot"][task].as_u64().unwrap_or(0) as usize
    }

    fn shots_of(&self, task: &str) -> usize {
        let leaves = if self.is_group(task) { self.leaves_with(task, &["results", "n-shot"]) } else { Vec::new() };
        self.shots(leaves.first().map_or(task, String::as_str))
    }

    /// Items of a task, or of the tasks of a group; 0 where the file does not say.
    fn items(&self, task: &str) -> usize {
        let said = [&self.json["n-samples"][task]["effective"], &self.json["results"][task]["sample_len"]];
        let below = || match self.members(task) {
            Some(_) => {
                self.leaves(task, 0).iter().filter(|leaf| *leaf != task).map(|leaf| self.items(leaf) as u64).sum()
            }
            None => 0,
        };
        said.into_iter().find_map(Value::as_u64).unwrap_or_else(below) as usize
    }

    /// The summary of one task.
    pub(super) fn unit(&self, task: &str, checkpoint: &Checkpoint, catalogue: &Catalogue) -> UnitRecord {
        let known =
            catalogue.select(task).ok().and_then(|mut found| found.leaves.pop()).filter(|leaf| leaf.name == task);
        let config = &self.json["config"];
        let items = self.items(task);
        let metrics = metrics(self.entry(task), items);
        let primary = known.as_ref().map(|known| known.primary_metric.clone());
        let primary = primary.filter(|name| metrics.iter().any(|metric| metric.name == *name));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let origin = format!("{} {} {}", config["model_args"], self.json["date"], self.shown);
        let definition = self.json["configs"][task].to_string();
        let inputs = UnitInputs {
            weights: format!("imported:{}", blake3::hash(origin.as_bytes()).to_hex()),
            config: String::new(),
            tokenizer: String::new(),
            chat_template: self.json["chat_template_sha"].as_str().map(str::to_owned),
            task: task.to_owned(),
            task_definition: blake3::hash(definition.as_bytes()).to_hex().to_string(),
            data: text(&self.json["task_hashes"][task]),
            // A group without some of its tasks was asked as the others were.
            shots: self.shots_of(task),
            perturb: None,
            precision: text(&config["model_dtype"]),
            dt_floor: String::new(),
            bos: None,
            rope_scale: None,
            context: None,
            scoring_version: 0,
        };
        UnitRecord {
            chance: known.as_ref().and_then(|known| known.chance).or(self.json["chance"][task].as_f64()),
            primary_metric: primary.or_else(|| metrics.first().map(|first| first.name.clone())).unwrap_or_default(),
            higher_is_better: self.directions(task, &metrics),
            metrics,
            items,
            items_total: self.json["n-samples"][task]["original"].as_u64().map_or(items, |total| total as usize),
            warnings: vec![format!("imported from {}: {}", self.program, self.shown)],
            finished: self.finished(),
            version: self.version(),
            ..new_record(checkpoint, inputs)
        }
    }

    /// Whether more is better, of metrics of which the file says so otherwise than their names.
    fn directions(&self, task: &str, metrics: &[MetricValue]) -> BTreeMap<String, bool> {
        let told = |name: &str| {
            let of_task = self.json["higher_is_better"][task][name].as_bool();
            let list = self.json["configs"][task]["metric_list"].as_array().into_iter().flatten();
            of_task
                .or_else(|| list.filter(|entry| entry["metric"] == name).find_map(|e| e["higher_is_better"].as_bool()))
        };
        let told = metrics.iter().filter_map(|own| Some((own.name.clone(), told(without_filter(&own.name))?)));
        told.filter(|(name, higher)| metric::higher_is_better(name) != *higher).collect()
    }

    /// The program that wrote it.
    fn version(&self) -> String {
        match self.program {
            "lm-evaluation-harness" => {
                format!("lm-eval {}", self.json["lm_eval_version"].as_str().unwrap_or("of unknown version"))
            }
            other => other.to_owned(),
        }
    }

    /// When it was written.
    fn finished(&self) -> String {
        let time =
            self.json["date"].as_f64().and_then(|date| jiff::Timestamp::from_microsecond((date * 1e6) as i64).ok());
        time.map_or_else(now, |time| time.to_string())
    }

    /// The samples of a task that were written with this file: `samples_TASK_TIME.jsonl` beside `results_TIME.json`.
    pub(super) fn samples_of(&self, task: &str) -> Option<PathBuf> {
        let stem = self.path.file_stem()?.to_str()?;
        let (_, time) = stem.rsplit_once("results_")?;
        let path = self.path.with_file_name(format!("samples_{task}_{time}.jsonl"));
        path.is_file().then_some(path)
    }
}

/// Whether a metric that is known as a share is none; a rounding error is not a fault.
fn is_no_share(metric: &MetricValue) -> bool {
    let known = metric::find(without_filter(&metric.name));
    known.is_ok_and(|known| known.range == metric::Range::Fraction) && !(-1e-9..=1.0 + 1e-9).contains(&metric.value)
}

/// The metrics of one task: `acc,none` with `acc_stderr,none` (before 0.4: `acc` with `acc_stderr`). Of several filters each
/// keeps its name behind the metric's.
fn metrics(entry: Option<&Map<String, Value>>, items: usize) -> Vec<MetricValue> {
    let Some(entry) = entry else { return Vec::new() };
    let mut filters: Vec<&str> = entry.keys().filter_map(|key| Some(key.split_once(',')?.1)).collect();
    filters.sort_unstable();
    filters.dedup();
    let several = filters.len() > 1;
    let metric = |(key, value): (&String, &Value)| {
        let (name, filter) = key.split_once(',').map_or((key.as_str(), None), |(name, filter)| (name, Some(filter)));
        if name.ends_with("_stderr") || ["sample_len", "sample_count", "samples", "alias", "name"].contains(&name) {
            return None;
        }
        let stderr_key = filter.map_or_else(|| format!("{name}_stderr"), |filter| format!("{name}_stderr,{filter}"));
        Some(MetricValue {
            name: if several { key.clone() } else { name.to_owned() },
            value: value.as_f64()?,
            stderr: entry.get(&stderr_key).and_then(Value::as_f64),
            clustered_stderr: None,
            n: items,
        })
    };
    entry.iter().filter_map(metric).collect()
}
