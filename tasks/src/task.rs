//! A leaf task, ready to give its items.

mod metrics;
mod parts;
mod reply_filters;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::data::{DataSet, Tables};
use crate::definition::{Chance, OutputType, Perturb, TaskFile};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::item::{Items, Row};
use crate::nearest::suggestion;
use crate::prompt::{Asking, Plan};
use crate::question::Generation;
use crate::record::{ItemRecord, MetricValue};
use crate::{metric, prompt};

/// Keys that say what a task is called, where it comes from or how it is judged, not what is asked.
const NOT_ASKED: [&str; 17] = [
    "task",
    "task_alias",
    "tag",
    "group",
    "about",
    "source",
    "licence",
    "chance",
    "primary_metric",
    "metric_list",
    "metadata",
    "num_fewshot",
    "perturb",
    "should_decontaminate",
    "doc_to_decontamination_query",
    "unsafe_code",
    "subjects",
];

/// A leaf task: one set of items, one set of metrics.
#[derive(Debug, Clone)]
pub struct Task {
    /// Name.
    pub name: String,
    /// Name in tables.
    pub alias: String,
    /// The subset that this leaf asks, where a task has one leaf a subset (an MMLU subject).
    pub subject: Option<String>,
    /// Examples before each question.
    pub shots: usize,
    /// Score of guessing, in [0, 1], where the task file states it; else see [`Items::chance`].
    pub chance: Option<f64>,
    /// The metric that curves show.
    pub primary_metric: String,
    /// All its metrics.
    pub metrics: Vec<String>,
    /// `shuffle` when its items are choice-shuffled twins.
    pub perturb: Option<String>,
    /// Where the data come from.
    pub source: Option<String>,
    /// Licence of the data.
    pub licence: Option<String>,
    /// One line for the list of tasks.
    pub about: Option<String>,
    /// What is asked of the model.
    pub output_type: OutputType,
    plan: Arc<Plan>,
}

/// Where a task file was found, and what it says.
pub(crate) struct Source<'s> {
    pub(crate) shown: String,
    pub(crate) home: Option<&'s Path>,
    pub(crate) keys: Map<String, Value>,
    pub(crate) file: TaskFile,
    pub(crate) subject: Option<String>,
    pub(crate) tables: Arc<Tables>,
}

impl Task {
    /// Checks and compiles what a task file says.
    pub(crate) fn compile(source: Source<'_>) -> Result<Self> {
        let Source { shown, home, keys, file, subject, tables } = source;
        let name = file.task.clone().unwrap_or_default();
        let wrong = |problem: String, help: &str| Error::Definition { file: shown.clone(), problem, help: help.into() };
        let output = file.output_type.unwrap_or_default();
        if file.use_prompt.is_some() {
            return Err(wrong("`use_prompt` is not known here".into(), "write the prompt out under `doc_to_text`"));
        }
        if file.repeats.is_some_and(|repeats| repeats != 1) {
            return Err(wrong("`repeats` can only be 1".into(), "sampled replies are for prompt packs"));
        }
        if file.test_split.is_none() && file.validation_split.is_none() {
            return Err(wrong("neither `test_split` nor `validation_split`".into(), "name the split that is asked"));
        }
        if let Some(long) = &file.long {
            parts::check_long(long, output, &wrong)?;
        }
        let (keys_asked, shot_keys) = parts::question_keys(&file, output, &wrong)?;
        parts::check_choices(&keys_asked, &wrong)?;
        parts::check_choices(&shot_keys, &wrong)?;
        let templates = parts::compile_templates(&name, &file, &keys_asked, &shot_keys)?;
        let metrics = metrics::metrics(&file, output, &wrong)?;
        let primary_metric = match &file.primary_metric {
            Some(primary) if metrics.contains(primary) => primary.clone(),
            Some(primary) => {
                let help = suggestion(primary, metrics.iter().map(String::as_str));
                return Err(wrong(format!("`primary_metric: {primary}` is not one of its metrics"), &help));
            }
            None => metrics[0].clone(),
        };
        let (mut filters, target_filters) = reply_filters::reply_filters(&name, &file)?;
        filters.extend(target_filters.iter().cloned());
        let until = if file.generation_kwargs.until.0.is_empty() {
            vec![keys_asked.end.clone()]
        } else {
            file.generation_kwargs.until.0.clone()
        };
        let greedy = file.generation_kwargs.do_sample != Some(true);
        let generation = Generation {
            until,
            max_tokens: file.generation_kwargs.max_gen_toks.unwrap_or(256),
            temperature: if greedy { 0.0 } else { file.generation_kwargs.temperature.unwrap_or(1.0) },
        };
        let chance = match file.chance {
            Some(Chance::Fixed(chance)) => Some(chance),
            Some(Chance::PerItem) | None => None,
        };
        Ok(Self {
            alias: file.task_alias.clone().unwrap_or_else(|| name.clone()),
            name,
            subject,
            shots: file.num_fewshot.unwrap_or(0),
            chance,
            primary_metric,
            metrics,
            perturb: file.perturb.map(|perturb| perturb.name().to_owned()),
            source: file.source.clone(),
            licence: file.licence.clone(),
            about: file.about.clone(),
            output_type: output,
            plan: Arc::new(Plan {
                sampler: file.fewshot_config.sampler.unwrap_or_default(),
                output,
                templates,
                keys: keys_asked,
                shot_keys,
                generation,
                filters: Arc::new(filters),
                target_filters,
                tables,
                warnings: metrics::metric_warnings(&file),
                home: home.map(Path::to_owned),
                keys_given: keys,
                shown,
                file,
            }),
        })
    }

    fn asking<'a>(&'a self, data: &'a [PathBuf]) -> Asking<'a> {
        Asking {
            name: &self.name,
            subject: self.subject.as_deref(),
            shots: self.shots,
            is_shuffled: self.perturb.is_some(),
            chance: self.chance,
            metrics: &self.metrics,
            plan: &self.plan,
            data,
        }
    }

    /// The task with that many shots. As in lm-evaluation-harness, a literal `num_fewshot: 0` in its file stays 0.
    #[must_use]
    pub fn with_shots(mut self, shots: usize) -> Self {
        if self.plan.file.num_fewshot != Some(0) {
            self.shots = shots;
        }
        self
    }

    /// The task with its items as they are (`None`) or perturbed: `shuffle` makes choice-shuffled twins.
    ///
    /// # Errors
    /// The name is not known, or the task has no choices to shuffle.
    pub fn with_perturb(mut self, perturb: Option<&str>) -> Result<Self> {
        if let Some(name) = perturb.filter(|name| Perturb::named(name).is_none()) {
            let help = suggestion(name, Perturb::ALL.map(Perturb::name));
            return Err(Error::UnknownName { task: self.name, what: "perturbation", name: name.into(), help });
        }
        if perturb.is_some() && self.output_type != OutputType::MultipleChoice {
            let (problem, help) = ("it has no choices to shuffle".into(), "leave `perturb` out".into());
            return Err(Error::Setting { task: self.name, problem, help });
        }
        self.perturb = perturb.map(str::to_owned);
        Ok(self)
    }

    /// The first `limit` items, from data below one of the folders.
    ///
    /// The shots of an item are those it has in the full run, whatever the limit.
    ///
    /// # Errors
    /// No data, data that cannot be read, a pool smaller than the shots, or no row at all that can be asked.
    pub fn items(&self, data: &[PathBuf], limit: Option<usize>) -> Result<Items> {
        prompt::build(&self.asking(data), limit)
    }

    /// All rows of the split that is asked, with the columns of `process`; those that cannot be asked, too.
    ///
    /// # Errors
    /// No data, data that cannot be read, or an expression that fails.
    pub fn processed(&self, data: &[PathBuf]) -> Result<Vec<Row>> {
        prompt::processed(&self.asking(data))
    }

    #[expect(clippy::missing_panics_doc, reason = "keys that were read as JSON can be written as JSON")]
    /// SHA-256 of all that decides what is asked: of the task file without its name, its metrics and its number of shots.
    pub fn definition_hash(&self) -> String {
        let mut keys: Vec<(&String, &Value)> =
            self.plan.keys_given.iter().filter(|(key, _)| !NOT_ASKED.contains(&key.as_str())).collect();
        keys.sort_by_key(|(key, _)| *key);
        let wants = |needs: fn(&str) -> bool| self.metrics.iter().any(|name| needs(name));
        let asked = (keys, wants(metric::needs_unconditional), wants(metric::needs_token_logprobs));
        // Only of tasks over long texts, so that the hashes of all others stay what they were.
        if self.plan.file.long.is_some() && wants(metric::needs_reply) {
            return sha256_hex(serde_json::to_string(&(asked, true)).expect("the keys are JSON already").as_bytes());
        }
        sha256_hex(serde_json::to_string(&asked).expect("the keys are JSON already").as_bytes())
    }

    /// The keys of its task file, with what it includes; for exports.
    pub fn config(&self) -> &Map<String, Value> {
        &self.plan.keys_given
    }

    /// The task's metrics over records of its items.
    ///
    /// # Errors
    /// A record lacks what a metric needs.
    pub fn grade(&self, records: &[ItemRecord]) -> Result<Vec<MetricValue>> {
        metric::evaluate(&self.metrics, records)
    }

    /// Its rows are at hand without a data folder: generated, or in files that the task file names.
    pub fn brings_data(&self) -> bool {
        self.plan.is_generated() || self.asking(&[]).place().files.is_some()
    }

    /// Whether the files of the split that is asked lie below one of the folders, or need not.
    pub fn has_data(&self, data: &[PathBuf]) -> bool {
        self.brings_data() || self.asking(data).place().find(self.split()).is_ok()
    }

    /// What it reads of a data set on the hub; `None` where its rows are at hand, or any text of yours.
    pub fn data_set(&self) -> Option<DataSet> {
        self.plan.data_set()
    }

    /// The split that is asked.
    pub fn split(&self) -> &str {
        self.plan.split()
    }
}
