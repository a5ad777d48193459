//! The keys of `run.yaml`.

use super::branch::BranchSpec;
use super::phases::PhasesSpec;
use super::settings::{BosSpec, ModelSpec, PrecisionSpec, ScheduleSpec};
use super::storage::{self, KeepSpec};
use super::values::{self, WordOrMap};
use crate::checkpoint::Pattern;
use crate::training::Schedule;
use crate::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use spyglass_tasks::yaml::{self, count};
use spyglass_tasks::{paths, text};
use std::borrow::Cow;
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
    /// Whether BOS stands before a text.
    #[serde(default)]
    pub bos: BosSpec,
    /// A folder whose tokenizer is used, for checkpoints that have none or another one.
    pub tokenizer: Option<PathBuf>,
    /// Which of the checkpoints that were fetched from the hub for this run stay in the cache once they are scored.
    #[serde(default)]
    pub keep: KeepSpec,
    /// How much of the disk they may take, such as `50G`; as much as there is when absent.
    #[serde(default, deserialize_with = "storage::bytes")]
    #[schemars(schema_with = "storage::bytes_schema")]
    pub disk: Option<u64>,
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
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "values::count_schema")]
    shots: Option<usize>,
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "values::count_schema")]
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
        let text = text::read(path)?;
        let mut file: Self = yaml::parse(&path.display().to_string(), &text)?;
        file.text = text;
        file.path = path.to_path_buf();
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let placed = |key: &str, written: &Path| match paths::expand(written) {
            Ok(expanded) => Ok(base.join(expanded)),
            Err(wrong) => {
                let help = "set it, or write the path out".into();
                Err(Error::RunFile { file: path.to_path_buf(), problem: format!("`{key}`: {wrong}"), help })
            }
        };
        for branch in &mut file.checkpoints {
            branch.path = match branch.source(path)? {
                Some(address) => address.into(),
                None => placed("path", &branch.path)?,
            };
            if let Some(log) = &mut branch.log {
                log.file = placed("log", &log.file)?;
            }
            let schedule = branch.training.as_ref().map(Schedule::of).transpose();
            branch.schedule = schedule.map_err(|(what, help)| Error::RunFile {
                file: path.to_path_buf(),
                problem: format!("`training` of branch `{}`: {what}", branch.branch),
                help,
            })?;
        }
        let folders = [("data", &mut file.data), ("task_folders", &mut file.task_folders)];
        for (key, folders) in folders.into_iter().chain([("pack_folders", &mut file.pack_folders)]) {
            for folder in folders {
                *folder = placed(key, folder)?;
            }
        }
        file.results = placed("results", &file.results)?;
        file.tokenizer = file.tokenizer.as_deref().map(|folder| placed("tokenizer", folder)).transpose()?;
        let names = file.tasks.iter_mut().map(|spec| ("tasks", &mut spec.task));
        for (key, name) in names.chain(file.prompts.iter_mut().map(|name| ("prompts", name))) {
            if is_path(name) {
                *name = placed(key, Path::new(&*name))?.display().to_string();
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
        let wrong = |what: String, help: &str| {
            Err(Error::RunFile { file: self.path.clone(), problem: what, help: help.into() })
        };
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
            if let Err((wrong_with_it, help)) = Pattern::new(&branch.pattern) {
                let what = format!("the pattern `{}` of branch `{}` {wrong_with_it}", branch.pattern, branch.branch);
                return wrong(what, &help);
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
