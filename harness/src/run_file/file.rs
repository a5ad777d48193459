//! The keys of `run.yaml`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use spyglass_dashboards::run::Axis;
use spyglass_tasks::yaml::{self, count};
use spyglass_tasks::{paths, text};

use super::branch::BranchSpec;
use super::phases::PhasesSpec;
use super::settings::{BosSpec, MisplacedSpec, ModelSpec, PrecisionsSpec, ScheduleSpec};
use super::storage::{self, KeepSpec};
use super::values::{self, WordOrMap};
use crate::checkpoint::Pattern;
use crate::training::Schedule;
use crate::{Error, Result};

/// A run file. Relative paths in it are relative to the folder it lies in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunFile {
    /// Name of the run; the file's folder when absent.
    pub name: Option<String>,
    /// Where the checkpoints lie, one entry a branch (or a variant of one).
    pub checkpoints: Vec<BranchSpec>,
    /// What the run counts along its axis, where it is not tokens: `words`, `samples`, `EFLOPs`. Everything that is said of tokens in
    /// this file is then of these.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub axis: Option<Axis>,
    /// Checkpoints whose weights belong to another step (copied, mixed up, the final ones under an early name): `leave_out` draws them
    /// hollow and leaves them out of onsets, `keep` counts them as the others.
    #[serde(default)]
    pub misplaced: MisplacedSpec,
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
    /// Arithmetic of the model: one, or a list. The first is that of the report, which tells what each other one costs; those have results
    /// and a report of their own in a folder of the arithmetic's name below `results`.
    #[serde(default)]
    pub precision: PrecisionsSpec,
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
        let expanded = |key: &str, written: &Path| {
            paths::expand(written).map_err(|wrong| {
                let help = "set it, or write the path out".into();
                Error::RunFile { file: path.to_path_buf(), problem: format!("`{key}`: {wrong}"), help }
            })
        };
        let placed = |key: &str, written: &Path| expanded(key, written).map(|expanded| base.join(expanded));
        for branch in &mut file.checkpoints {
            if let Some((problem, help)) = branch.flaw() {
                return Err(Error::RunFile { file: path.to_path_buf(), problem, help });
            }
            branch.path = match branch.source(path)? {
                Some(address) => address.into(),
                None => placed("path", &branch.path)?,
            };
            for folder in &mut branch.folders {
                folder.path = expanded("folders", &folder.path)?;
            }
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
        file.axis = Some(file.axis_of_names()?);
        for branch in &mut file.checkpoints {
            branch.axis.clone_from(file.axis.as_ref().expect("it was just found"));
        }
        Ok(file)
    }

    /// What the run counts: as the file says, or as a pattern that holds `{words}` or such.
    fn axis_of_names(&self) -> Result<Axis> {
        let mut axis = self.axis.clone();
        for branch in &self.checkpoints {
            let pattern = Pattern::new(&branch.pattern).expect("it was validated");
            let Some(word) = pattern.counts() else { continue };
            let known = axis.get_or_insert_with(|| Axis::try_from(word.to_owned()).expect("it is a word"));
            if !known.word().eq_ignore_ascii_case(word) {
                return Err(Error::RunFile {
                    file: self.path.clone(),
                    problem: format!(
                        "the pattern `{}` of branch `{}` counts {word}, but the run counts {}",
                        branch.pattern,
                        branch.branch,
                        known.word()
                    ),
                    help: format!("a run has one axis: say `axis: {word}`, or `{{tokens}}` for what the axis counts"),
                });
            }
        }
        Ok(axis.unwrap_or_default())
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
