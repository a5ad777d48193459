//! The keys of `run.yaml`.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use spyglass_dashboards::run::{Axis, Composite, StockList};
use spyglass_tasks::{paths, text, yaml};

use super::branch::BranchSpec;
use super::cluster::ClusterSpec;
use super::composites::CompositeSpec;
use super::phases::PhasesSpec;
use super::precision::PrecisionsSpec;
use super::schedule_spec::ScheduleSpec;
use super::settings::{BosSpec, MisplacedSpec, ModelSpec, ReportSpec};
use super::stock_phrases;
use super::storage::{self, KeepSpec};
use super::task_spec::TaskSpec;
use super::watch::WatchSpec;
use crate::checkpoint::Pattern;
use crate::hub::SCHEME;
use crate::training::Schedule;
use crate::values::{self, WordOrMap};
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
    /// Composite scores, each drawn as a task: several tasks as one score, centred at guessing.
    #[serde(default)]
    pub composites: Vec<CompositeSpec>,
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
    /// A YAML file with stock phrases of your own, by which the curves of dryness count; the list that comes with the program when absent.
    pub stock_phrases: Option<PathBuf>,
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
    /// A folder (or `hub:organisation/name`) whose tokenizer is used, for checkpoints that have none or another one.
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
    /// When a sweep writes its report: after each checkpoint (as long as that takes a twentieth of the time at most), or at its end.
    #[serde(default)]
    pub report: ReportSpec,
    /// Arithmetic of the model: one, or a list. The first is that of the report, which tells what each other one costs; those have results
    /// and a report of their own in a folder of the arithmetic's name below `results`.
    #[serde(default)]
    pub precision: PrecisionsSpec,
    /// How it is watched while it trains.
    #[serde(default)]
    pub(crate) watch: WatchSpec,
    /// Workers on a cluster, for `spyglass submit`.
    #[serde(default)]
    pub(crate) cluster: ClusterSpec,
    /// What `stock_phrases` lists.
    #[serde(skip)]
    pub stock_list: Option<StockList>,
    /// The file itself.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its text, for the provenance page.
    #[serde(skip)]
    pub text: String,
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
        // The text stands on the provenance page; who knows the address of a webhook can write there.
        file.text = match file.watch.webhook.as_deref().filter(|address| address.contains("://")) {
            Some(address) => text.replace(address, "(not shown)"),
            None => text.clone(),
        };
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
            branch.source = branch.checked_source(path)?;
            branch.path = match &branch.source {
                Some(source) => source.to_string().into(),
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
        file.watch.metrics = file.watch.metrics.as_deref().map(|path| placed("metrics", path)).transpose()?;
        file.stock_phrases = file.stock_phrases.map(|path| placed("stock_phrases", &path)).transpose()?;
        let list = file.stock_phrases.as_deref().map(|list| stock_phrases::read(list, path, &text));
        file.stock_list = list.transpose()?;
        let is_on_hub = |folder: &&mut PathBuf| folder.to_str().is_some_and(|text| text.starts_with(SCHEME));
        if let Some(folder) = file.tokenizer.as_mut().filter(|folder| !is_on_hub(folder)) {
            *folder = placed("tokenizer", folder)?;
        }
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

    /// The composite scores that the file asks for.
    pub fn composites(&self) -> Vec<Composite> {
        self.composites.iter().map(CompositeSpec::composite).collect()
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
        let composites = self.composites();
        for (index, composite) in composites.iter().enumerate() {
            if let Some((problem, help)) = composite.flaw(&composites[..index]) {
                return wrong(problem, &help);
            }
        }
        if let Some((problem, help)) = self.cluster.flaw() {
            return wrong(problem, &help);
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
