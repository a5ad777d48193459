//! Folders of `results_*.json` as lm-evaluation-harness writes them.

use super::samples;
use super::step::StepPattern;
use crate::executor::now;
use crate::store::{CHUNK_ITEMS, Snapshot, Store, UnitPlace, unit_key};
use crate::{Error, Result};
use serde_json::{Map, Value};
use spyglass_dashboards::run::{Branch, Checkpoint, Cost, RunTree, TaskGroup, TrainingLog, UnitInputs, UnitRecord};
use spyglass_tasks::{Catalogue, MetricValue};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How to read a folder of results.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the run.
    pub name: String,
    /// The branch of checkpoints whose results do not name one (ours do).
    pub branch: String,
    /// Where the step stands in `model_args`, the model's name or the file's path: a text with `{step}` in it.
    pub pattern: String,
    /// Tokens seen a step, for results that do not say how many were seen (ours do).
    pub tokens_per_step: Option<u64>,
}

/// What was brought in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Units written.
    pub units: usize,
    /// Checkpoints they belong to.
    pub checkpoints: usize,
    /// Units that came with their items, so that they can be graded again and compared item by item.
    pub with_items: usize,
    /// What was passed over, and why.
    pub warnings: Vec<String>,
}

/// Brings all `results_*.json` below `folder` into the results folder of `store`, with their samples where they lie beside
/// them. Groups are taken as groups, not as tasks. Bringing the same file in again changes nothing.
///
/// # Errors
/// No such file is there, one is no JSON, its step or its tokens cannot be told, or the results cannot be written.
pub fn import_lm_eval(folder: &Path, options: &Options, store: &Store) -> Result<Imported> {
    let pattern = StepPattern::new(&options.pattern).ok_or_else(|| Error::Usage {
        what: format!("the pattern `{}` does not say where the step stands", options.pattern),
        help: "write `{step}` once, as in `checkpoint-{step}`".into(),
    })?;
    let mut files = Vec::new();
    results_files(folder, &mut files)?;
    if files.is_empty() {
        return Err(Error::Results {
            path: folder.to_owned(),
            what: "there is no `results_*.json` here or below".into(),
            help: "name the `--output_path` that lm-evaluation-harness was given".into(),
        });
    }
    let catalogue = Catalogue::shipped()?;
    let mut imported = Imported::default();
    let mut checkpoints: BTreeMap<(String, u64), Checkpoint> = BTreeMap::new();
    let mut groups: Vec<TaskGroup> = Vec::new();
    for path in &files {
        let file = ResultsFile::read(path, folder)?;
        let checkpoint = file.checkpoint(options, &pattern)?;
        for task in file.tasks() {
            let record = file.unit(task, &checkpoint, &catalogue);
            file.store(record, store, &mut imported)?;
        }
        for group in file.groups() {
            if !groups.iter().any(|known| known.name == group.name) {
                groups.push(group);
            }
        }
        checkpoints.insert((checkpoint.branch.clone(), checkpoint.step), checkpoint);
    }
    imported.checkpoints = checkpoints.len();
    keep(store, options, checkpoints.into_values(), groups)?;
    Ok(imported)
}

fn results_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut paths: Vec<PathBuf> =
        fs_err::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        if path.is_dir() {
            results_files(&path, found)?;
        } else if json && (name.starts_with("results") || name.contains("_results_")) {
            found.push(path);
        }
    }
    Ok(())
}

/// Adds the checkpoints to the run that the results folder already tells of.
fn keep(
    store: &Store,
    options: &Options,
    checkpoints: impl Iterator<Item = Checkpoint>,
    groups: Vec<TaskGroup>,
) -> Result<()> {
    let empty = Snapshot {
        name: options.name.clone(),
        tree: RunTree::default(),
        groups: Vec::new(),
        run_file: "# imported from lm-evaluation-harness\n".into(),
    };
    let mut snapshot = store.snapshot()?.unwrap_or(empty);
    for checkpoint in checkpoints {
        let at = snapshot.tree.branches.iter().position(|branch| branch.name == checkpoint.branch);
        let at = at.unwrap_or_else(|| {
            let (name, log) = (checkpoint.branch.clone(), TrainingLog::default());
            snapshot.tree.branches.push(Branch { name, fork: None, checkpoints: Vec::new(), log, phases: Vec::new() });
            snapshot.tree.branches.len() - 1
        });
        let known = &mut snapshot.tree.branches[at].checkpoints;
        known.retain(|known| (known.step, &known.variant) != (checkpoint.step, &checkpoint.variant));
        known.push(checkpoint);
        known.sort_by(|a, b| (a.step, &a.variant).cmp(&(b.step, &b.variant)));
    }
    for group in groups {
        if !snapshot.groups.iter().any(|known| known.name == group.name) {
            snapshot.groups.push(group);
        }
    }
    store.keep_snapshot(&snapshot)
}

/// One `results_*.json`.
struct ResultsFile<'f> {
    path: &'f Path,
    /// The path below the folder that is imported.
    shown: String,
    json: Value,
}

impl<'f> ResultsFile<'f> {
    fn read(path: &'f Path, folder: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path)?;
        // Python writes a number that is none as a bare word.
        let text = text.replace(": NaN", ": null").replace(": Infinity", ": null").replace(": -Infinity", ": null");
        let wrong = |what: String| Error::Results {
            path: path.to_owned(),
            what,
            help: "the file is cut short, or was not written by lm-evaluation-harness".into(),
        };
        let json: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("is no JSON: {error}")))?;
        if !json["results"].is_object() {
            return Err(wrong("holds no table `results`".into()));
        }
        let shown = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        Ok(Self { path, shown, json })
    }

    fn checkpoint(&self, options: &Options, pattern: &StepPattern) -> Result<Checkpoint> {
        let config = &self.json["config"];
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let names = [text(&config["model_args"]), text(&self.json["model_name"]), self.shown.clone()];
        let step = config["step"].as_u64().or_else(|| names.iter().find_map(|name| pattern.find(name)));
        let wrong = |what: String, help: String| Error::Results { path: self.path.to_owned(), what, help };
        let step = step.ok_or_else(|| {
            let what =
                format!("`{}` occurs neither in its `model_args`, nor in its model's name or path", options.pattern);
            wrong(what, format!("say with a pattern where the step stands; its path here is `{}`", self.shown))
        })?;
        let tokens = config["tokens"].as_u64().or_else(|| options.tokens_per_step.map(|tokens| tokens * step));
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

    /// Names of the leaf tasks.
    fn tasks(&self) -> impl Iterator<Item = &str> {
        let table = self.json["results"].as_object().into_iter().flatten();
        let is_group = |name: &str| self.json["groups"].get(name).is_some() || self.members(name).is_some();
        table.map(|(name, _)| name.as_str()).filter(move |name| !is_group(name))
    }

    /// Members of a group, where the name is one.
    fn members(&self, name: &str) -> Option<Vec<String>> {
        let members = self.json["group_subtasks"].get(name)?.as_array()?;
        let members: Vec<String> = members.iter().filter_map(|member| Some(member.as_str()?.to_owned())).collect();
        (!members.is_empty()).then_some(members)
    }

    /// The groups, outer ones before inner ones as in the file.
    fn groups(&self) -> Vec<TaskGroup> {
        let names = self.json["group_subtasks"].as_object().into_iter().flatten().map(|(name, _)| name);
        let group = |name: &String| {
            let leaves = self.leaves(name, 0);
            self.members(name).map(|_| TaskGroup {
                name: name.clone(),
                leaves,
                weight_by_size: true,
                ..TaskGroup::default()
            })
        };
        names.filter_map(group).collect()
    }

    fn leaves(&self, name: &str, depth: usize) -> Vec<String> {
        match self.members(name) {
            Some(members) if depth < 16 => members.iter().flat_map(|member| self.leaves(member, depth + 1)).collect(),
            _ => vec![name.to_owned()],
        }
    }

    fn unit(&self, task: &str, checkpoint: &Checkpoint, catalogue: &Catalogue) -> UnitRecord {
        let known =
            catalogue.select(task).ok().and_then(|mut found| found.leaves.pop()).filter(|leaf| leaf.name == task);
        let config = &self.json["config"];
        let samples = &self.json["n-samples"][task];
        let entry = &self.json["results"][task];
        let items =
            [&samples["effective"], &entry["sample_len"]].into_iter().find_map(Value::as_u64).unwrap_or(0) as usize;
        let metrics = metrics(entry.as_object(), items);
        let primary = known.as_ref().map(|known| known.primary_metric.clone());
        let primary = primary.filter(|name| metrics.iter().any(|metric| metric.name == *name));
        let shots = self.json["n-shot"][task].as_u64().unwrap_or(0) as usize;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let origin = format!("{} {} {}", config["model_args"], self.json["date"], self.shown);
        let inputs = UnitInputs {
            weights: format!("imported:{}", blake3::hash(origin.as_bytes()).to_hex()),
            config: String::new(),
            tokenizer: String::new(),
            chat_template: self.json["chat_template_sha"].as_str().map(str::to_owned),
            task: task.to_owned(),
            task_definition: self.json["configs"][task].to_string(),
            data: text(&self.json["task_hashes"][task]),
            shots,
            perturb: None,
            precision: text(&config["model_dtype"]),
            dt_floor: String::new(),
            scoring_version: 0,
        };
        let inputs = UnitInputs {
            task_definition: blake3::hash(inputs.task_definition.as_bytes()).to_hex().to_string(),
            ..inputs
        };
        UnitRecord {
            key: unit_key(&inputs),
            inputs,
            checkpoint: checkpoint.clone(),
            task: task.to_owned(),
            shots,
            chance: known.as_ref().and_then(|known| known.chance),
            primary_metric: primary.or_else(|| metrics.first().map(|first| first.name.clone())).unwrap_or_default(),
            metrics,
            higher_is_better: BTreeMap::new(),
            items,
            items_total: samples["original"].as_u64().map_or(items, |total| total as usize),
            truncated: 0,
            off_token_edge: 0,
            warnings: vec![format!("imported from lm-evaluation-harness: {}", self.shown)],
            chunks: Vec::new(),
            cost: Cost::default(),
            finished: self.finished(),
            version: format!("lm-eval {}", self.json["lm_eval_version"].as_str().unwrap_or("of unknown version")),
        }
    }

    /// When it was written.
    fn finished(&self) -> String {
        let time =
            self.json["date"].as_f64().and_then(|date| jiff::Timestamp::from_microsecond((date * 1e6) as i64).ok());
        time.map_or_else(now, |time| time.to_string())
    }

    /// Writes a unit, with its items where the samples beside the file tell of all of them.
    fn store(&self, mut record: UnitRecord, store: &Store, imported: &mut Imported) -> Result<()> {
        if record.metrics.is_empty() {
            imported.warnings.push(format!("{}: `{}` has no score", self.shown, record.task));
            return Ok(());
        }
        let place = UnitPlace {
            branch: &record.checkpoint.branch,
            step: record.checkpoint.step,
            variant: record.checkpoint.variant.as_deref(),
            task: &record.task,
            shots: record.shots,
            key: &record.key,
        };
        let unit = store.unit(&place);
        fs_err::create_dir_all(unit.path())?;
        if let Some(path) = self.samples_of(&record.task) {
            let records = samples::records(&path)?;
            if records.len() == record.items && !records.is_empty() {
                let chunks = records.chunks(CHUNK_ITEMS).enumerate();
                record.chunks = chunks
                    .map(|(index, records)| unit.write_chunk(index * CHUNK_ITEMS, records))
                    .collect::<Result<_>>()?;
                imported.with_items += 1;
            }
        }
        imported.units += 1;
        unit.finish(&record)
    }

    /// The samples of a task that were written with this file: `samples_TASK_TIME.jsonl` beside `results_TIME.json`.
    fn samples_of(&self, task: &str) -> Option<PathBuf> {
        let stem = self.path.file_stem()?.to_str()?;
        let (_, time) = stem.rsplit_once("results_")?;
        let path = self.path.with_file_name(format!("samples_{task}_{time}.jsonl"));
        path.is_file().then_some(path)
    }
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
        if name.ends_with("_stderr") || ["sample_len", "samples", "alias", "name"].contains(&name) {
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
