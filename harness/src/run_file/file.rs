//! The keys of `run.yaml`.

use super::values::{self, WordOrMap};
use crate::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use spyglass_dashboards::run::Phase;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run file. Relative paths in it are relative to the folder it lies in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunFile {
    /// Name of the run; the file's folder when absent.
    pub name: Option<String>,
    /// Where the checkpoints lie, one entry a branch (or a variant of one).
    pub checkpoints: Vec<BranchSpec>,
    /// Learning-rate phases: found from the log, or named here.
    #[serde(default)]
    pub phases: PhasesSpec,
    /// Tasks, groups, globs or task files.
    #[serde(default = "default_tasks")]
    pub tasks: Vec<TaskSpec>,
    /// Folders with task files of your own.
    #[serde(default, deserialize_with = "values::folders")]
    #[schemars(schema_with = "values::folders_schema")]
    pub task_folders: Vec<PathBuf>,
    /// Prompt packs: names, globs or files.
    #[serde(default)]
    pub prompts: Vec<String>,
    /// Folders with prompt packs of your own.
    #[serde(default, deserialize_with = "values::folders")]
    #[schemars(schema_with = "values::folders_schema")]
    pub pack_folders: Vec<PathBuf>,
    /// Folders searched for each task's data.
    #[serde(default = "default_data", deserialize_with = "values::folders")]
    #[schemars(schema_with = "values::folders_schema")]
    pub data: Vec<PathBuf>,
    /// Where results and report go.
    #[serde(default = "default_results")]
    pub results: PathBuf,
    /// How the model is run.
    #[serde(default)]
    pub model: ModelSpec,
    /// Which checkpoints, in which order.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// Arithmetic of the model.
    #[serde(default)]
    pub precision: PrecisionSpec,
    /// The file itself.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its text, for the provenance page.
    #[serde(skip)]
    pub text: String,
}

/// One folder of checkpoints.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchSpec {
    /// Name of the branch.
    #[serde(default = "default_branch")]
    pub branch: String,
    /// The folder that holds one folder a checkpoint.
    pub path: PathBuf,
    /// How a checkpoint's folder is named; `{step}` stands for the number.
    #[serde(default = "default_pattern")]
    pub pattern: String,
    /// Where the branch leaves another one.
    pub parent: Option<ParentSpec>,
    /// Whether steps go on from the parent's.
    #[serde(default)]
    pub steps: StepsSpec,
    /// Tells several checkpoints of one step apart (EMA, merged).
    pub variant: Option<String>,
    /// Tokens of one optimiser step.
    #[serde(default, deserialize_with = "values::optional_count")]
    #[schemars(schema_with = "values::count_schema")]
    pub tokens_per_step: Option<u64>,
    /// Tokens seen, step by step, where nothing else tells.
    #[serde(default, deserialize_with = "values::counts")]
    #[schemars(with = "BTreeMap<u64, u64>")]
    pub tokens: BTreeMap<u64, u64>,
    /// The training log; the newest checkpoint's `trainer_state.json` when absent.
    pub log: Option<LogSpec>,
}

/// Where a branch leaves its parent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentSpec {
    /// The parent branch.
    pub branch: String,
    /// The step at which it leaves.
    #[serde(deserialize_with = "values::count")]
    #[schemars(schema_with = "values::count_schema")]
    pub step: u64,
}

/// How a branch counts its steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepsSpec {
    /// On from the parent's.
    #[default]
    Continued,
    /// From 0 at the fork; the fork's steps and tokens are added.
    Own,
}

/// A training log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogSpec {
    /// `trainer_state.json`, a JSONL or a CSV file.
    pub file: PathBuf,
    /// Its columns, where they are not named as usual.
    pub columns: LogColumns,
}

/// The map form of [`LogSpec`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogMap {
    file: PathBuf,
    #[serde(default)]
    columns: LogColumns,
}

impl From<LogMap> for LogSpec {
    fn from(map: LogMap) -> Self {
        Self { file: map.file, columns: map.columns }
    }
}

impl WordOrMap for LogSpec {
    type Map = LogMap;
    const EXPECTING: &'static str = "a log file, or a map with `file` and `columns`";
    fn from_word(word: &str) -> Self {
        Self { file: word.into(), columns: LogColumns::default() }
    }
}

impl JsonSchema for LogSpec {
    fn schema_name() -> Cow<'static, str> {
        "LogSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        values::word_or_map_schema::<Self>(generator)
    }
}

impl<'de> Deserialize<'de> for LogSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::word_or_map(deserializer)
    }
}

/// The columns of a log, where they are not named as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each names the column that holds it")]
pub struct LogColumns {
    pub step: Option<String>,
    pub tokens: Option<String>,
    pub lr: Option<String>,
    pub loss: Option<String>,
}

/// A task with its settings; a bare name stands for the task as it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    /// Name, group, glob or path of a task file.
    pub task: String,
    /// Examples before each question; the task's own number when absent.
    pub shots: Option<usize>,
    /// Items of each leaf task; all when absent.
    pub limit: Option<usize>,
    /// `shuffle` asks every item with its choices in another order.
    pub perturb: Option<String>,
}

/// The map form of [`TaskSpec`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskMap {
    task: String,
    shots: Option<usize>,
    limit: Option<usize>,
    perturb: Option<String>,
}

impl From<TaskMap> for TaskSpec {
    fn from(map: TaskMap) -> Self {
        Self { task: map.task, shots: map.shots, limit: map.limit, perturb: map.perturb }
    }
}

impl WordOrMap for TaskSpec {
    type Map = TaskMap;
    const EXPECTING: &'static str = "a task's name, or a map with `task`, `shots` and `limit`";
    fn from_word(word: &str) -> Self {
        Self { task: word.into(), shots: None, limit: None, perturb: None }
    }
}

impl JsonSchema for TaskSpec {
    fn schema_name() -> Cow<'static, str> {
        "TaskSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        values::word_or_map_schema::<Self>(generator)
    }
}

impl<'de> Deserialize<'de> for TaskSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::word_or_map(deserializer)
    }
}

/// Where the learning-rate phases come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PhasesSpec {
    /// From the log.
    #[default]
    Auto,
    /// From the user, whose word wins.
    Given(Vec<PhaseSpec>),
}

/// One phase as the user names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpec {
    /// The branch it lies on.
    #[serde(default = "default_branch")]
    pub branch: String,
    /// The phase.
    #[schemars(schema_with = "phase_schema")]
    pub phase: Phase,
    /// Its first step.
    #[serde(deserialize_with = "values::count")]
    #[schemars(schema_with = "values::count_schema")]
    pub from_step: u64,
}

impl JsonSchema for PhasesSpec {
    fn schema_name() -> Cow<'static, str> {
        "PhasesSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<PhaseSpec>>();
        json_schema!({"anyOf": [{"const": "auto"}, list]})
    }
}

impl<'de> Deserialize<'de> for PhasesSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AutoOrList;
        impl<'de> serde::de::Visitor<'de> for AutoOrList {
            type Value = PhasesSpec;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`auto`, or a list of {branch, phase, from_step}")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<PhasesSpec, E> {
                if word == "auto" {
                    Ok(PhasesSpec::Auto)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
                }
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<PhasesSpec, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(PhasesSpec::Given)
            }
        }
        deserializer.deserialize_any(AutoOrList)
    }
}

fn phase_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["warmup", "stable", "decay", "rewarm", "anneal"]})
}

/// How the model is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSpec {
    /// The smallest discretisation step of the state-space layers.
    pub dt_floor: DtFloorSpec,
}

/// The dt floor: the config's `time_step_min`, or none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DtFloorSpec {
    /// `time_step_min` of config.json, as Hugging Face's prefill does.
    #[default]
    Config,
    /// None, as the training kernels do.
    #[value(name = "0")]
    Zero,
}

impl JsonSchema for DtFloorSpec {
    fn schema_name() -> Cow<'static, str> {
        "DtFloorSpec".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ["config", 0]})
    }
}

impl<'de> Deserialize<'de> for DtFloorSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrZero;
        impl serde::de::Visitor<'_> for WordOrZero {
            type Value = DtFloorSpec;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`config` or 0")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<DtFloorSpec, E> {
                match word {
                    "config" => Ok(DtFloorSpec::Config),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<DtFloorSpec, E> {
                match value {
                    0 => Ok(DtFloorSpec::Zero),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self)),
                }
            }
        }
        deserializer.deserialize_any(WordOrZero)
    }
}

/// Which checkpoints are scored, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleSpec {
    /// The order.
    pub order: CheckpointOrder,
    /// Every n-th checkpoint of each branch, counted from its last.
    pub every: usize,
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        Self { order: CheckpointOrder::default(), every: 1 }
    }
}

/// The order in which checkpoints are scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointOrder {
    /// First, last, then halving the gaps: the curve's shape shows early.
    #[default]
    CoarseToFine,
    /// In ascending steps, branch by branch.
    Ascending,
    /// The newest first.
    Descending,
}

/// Arithmetic of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionSpec {
    /// f32 arithmetic on the weights as they lie on disk.
    #[default]
    F32,
    /// bf16 products, f32 sums.
    Bf16,
}

impl PrecisionSpec {
    /// The name as it goes into a unit's key.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}

fn default_branch() -> String {
    "trunk".into()
}
fn default_pattern() -> String {
    "checkpoint-{step}".into()
}
fn default_data() -> Vec<PathBuf> {
    vec!["data".into()]
}
fn default_results() -> PathBuf {
    "results".into()
}
fn default_tasks() -> Vec<TaskSpec> {
    vec![TaskSpec::from_word("hellaswag")]
}

impl RunFile {
    /// Reads a run file and makes its paths relative to the present folder.
    ///
    /// # Errors
    /// Names file, line and the nearest known key.
    pub fn read(path: &Path) -> Result<Self> {
        let mut file: Self = spyglass_tasks::yaml::read(path)?;
        file.text = fs_err::read_to_string(path)?;
        file.path = path.to_path_buf();
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        for branch in &mut file.checkpoints {
            branch.path = base.join(&branch.path);
            if let Some(log) = &mut branch.log {
                log.file = base.join(&log.file);
            }
        }
        for folder in file.data.iter_mut().chain(&mut file.task_folders).chain(&mut file.pack_folders) {
            *folder = base.join(&*folder);
        }
        file.results = base.join(&file.results);
        for name in file.tasks.iter_mut().map(|spec| &mut spec.task).chain(&mut file.prompts) {
            if is_path(name) {
                *name = base.join(&*name).display().to_string();
            }
        }
        file.validate()?;
        Ok(file)
    }

    /// The run's name: as written, or the folder that holds the run file.
    pub fn display_name(&self) -> String {
        let folder = || {
            let absolute = fs_err::canonicalize(&self.path).ok()?;
            Some(absolute.parent()?.file_name()?.to_string_lossy().into_owned())
        };
        self.name.clone().or_else(folder).unwrap_or_else(|| "run".into())
    }

    fn validate(&self) -> Result<()> {
        let wrong = |what: String, help: &str| Err(Error::RunFile { file: self.path.clone(), what, help: help.into() });
        if self.checkpoints.is_empty() {
            return wrong(
                "`checkpoints` is empty".into(),
                "name at least one folder: - {branch: trunk, path: checkpoints}",
            );
        }
        if self.schedule.every == 0 {
            return wrong("`schedule.every` is 0".into(), "1 scores every checkpoint, 2 every other one");
        }
        for branch in &self.checkpoints {
            if branch.pattern.matches("{step}").count() != 1 {
                let what =
                    format!("the pattern `{}` of branch `{}` must hold `{{step}}` once", branch.pattern, branch.branch);
                return wrong(what, "such as \"checkpoint-{step}\"");
            }
            if branch.branch.trim().is_empty() {
                return wrong("a branch has an empty name".into(), "give each branch a name such as `trunk`");
            }
            if branch.tokens_per_step == Some(0) {
                return wrong(
                    format!("`tokens_per_step` of branch `{}` is 0", branch.branch),
                    "batch size × sequence length × devices, such as 4_194_304; leave it out if the log holds the tokens",
                );
            }
        }
        for spec in &self.tasks {
            if spec.limit == Some(0) {
                return wrong(format!("`limit` of task `{}` is 0", spec.task), "leave it out to score all items");
            }
        }
        Ok(())
    }
}

/// Whether a task's name is meant as the path of a task file.
fn is_path(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    name.contains('/') || matches!(extension, Some("yaml" | "yml"))
}
