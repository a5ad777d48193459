//! What a sweep works on: the run on disk, the tasks it is asked, and the settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use spyglass_dashboards::run::{Branch, Checkpoint, Composite, Failure, RunTree, StockList, TrainingLog};
use spyglass_model::ModelConfig;

use super::Only;
use crate::checkpoint::{Discovered, Settings, discover_tree, folder_on_disk, suspects};
use crate::hub::{self, Contents, Needs, Pinned, Talk};
use crate::results::Hashes;
use crate::run_file::{BosSpec, ContextLimit, KeepSpec, MisplacedSpec, PrecisionSpec, RunFile, ScheduleSpec};
use crate::suite::Suite;
use crate::{Error, Result};

/// What a sweep works on.
#[derive(Debug)]
pub(crate) struct Work {
    /// The run's name.
    pub name: String,
    /// The run file's text.
    pub run_file: String,
    /// Branches and checkpoints.
    pub tree: RunTree,
    /// The folder that the checkpoints' locations are relative to.
    pub base: PathBuf,
    /// The tasks with their items.
    pub suite: Arc<Suite>,
    /// Composite scores over them.
    pub composites: Vec<Composite>,
    /// The stock phrases that the run file names.
    pub stock_phrases: Option<StockList>,
    /// Arithmetic of the model.
    pub settings: Settings,
    /// The units asked for.
    pub only: Only,
    /// Which checkpoints, in which order.
    pub schedule: ScheduleSpec,
    /// What becomes of checkpoints with the weights of another step.
    pub misplaced: MisplacedSpec,
    /// What stays of what is fetched from the hub.
    pub keep: KeepSpec,
    /// Bytes that may lie there.
    pub disk: Option<u64>,
    /// Whether branches that are not there just now stay in the report.
    pub keeps_branches: bool,
    /// Things a person should know before the work begins.
    pub notes: Vec<String>,
}

/// What the command line says on top of the run file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Items of each leaf task.
    pub limit: Option<usize>,
    /// A glob on `branch/step/task`.
    pub only: Option<String>,
    /// Arithmetic of the model.
    pub precision: Option<PrecisionSpec>,
    /// Whether BOS stands before a text.
    pub bos: Option<BosSpec>,
    /// The folder of the tokenizer.
    pub tokenizer: Option<PathBuf>,
}

impl Overrides {
    /// Refuses a list of arithmetics to those who score one: `who`.
    ///
    /// # Errors
    /// The run file has a list, and the command line does not name one of them.
    pub(crate) fn require_one_precision(&self, run: &RunFile, who: &str) -> Result<()> {
        if self.precision.is_some() || run.precision.others().is_empty() {
            return Ok(());
        }
        let (first, file) = (run.precision.first().name(), run.path.display());
        Err(Error::Usage {
            problem: format!("`precision` in {file} is a list, and {who} one arithmetic"),
            help: format!(
                "say `precision: {first}` there; with the list `spyglass sweep {file}` scores in each, and tells the price"
            ),
        })
    }

    /// What a person should know who has a list of arithmetics in the run file and names one elsewhere, perhaps long ago in the environment.
    pub(crate) fn note(&self, run: &RunFile) -> Option<String> {
        let (one, others) = (self.precision?.name(), run.precision.others());
        let list = || [run.precision.first()].iter().chain(others).map(|one| one.name()).collect::<Vec<_>>().join(", ");
        (!others.is_empty()).then(|| {
            format!(
                "`precision: [{}]` in {} does not count: `--precision` or SPYGLASS_PRECISION says {one}, which alone is meant",
                list(),
                run.path.display()
            )
        })
    }

    /// How checkpoints are run: what the run file says, and the command line on top of it.
    ///
    /// # Errors
    /// The tokenizer that is named cannot be read, or not be fetched from the hub.
    pub(crate) fn settings(&self, run: &RunFile, talk: Talk<'_>) -> Result<Settings> {
        let named = self.tokenizer.as_ref().or(run.tokenizer.as_ref());
        let here = |written: &PathBuf| hub::local(written, Needs::Tokenizer, talk).map(|local| local.folder);
        let settings = Settings {
            precision: self.precision.unwrap_or(run.precision.first()),
            dt_floor: run.model.dt_floor,
            bos: self.bos.unwrap_or(run.bos),
            rope_scale: run.model.rope.scale,
            context: run.model.context.map(ContextLimit::tokens),
            tokenizer: named.map(here).transpose()?,
        };
        settings.check()?;
        Ok(settings)
    }
}

impl Work {
    /// Finds the checkpoints of a run file and builds the items of its tasks.
    ///
    /// # Errors
    /// The run file asks for what is not there; no task can be asked at all. A single task without data is not an error yet:
    /// the others go on.
    pub(crate) fn of_run(run: &RunFile, overrides: &Overrides) -> Result<Self> {
        if overrides.limit == Some(0) {
            let help = "leave it out to score all items".into();
            return Err(Error::Usage { problem: "--limit 0 asks for nothing".into(), help });
        }
        let mut work = Self::without_checkpoints(run, overrides)?;
        work.place(discover_tree(run)?);
        Ok(work)
    }

    /// The work of a run whose checkpoints are still to come.
    ///
    /// # Errors
    /// As [`Work::of_run`].
    pub(crate) fn without_checkpoints(run: &RunFile, overrides: &Overrides) -> Result<Self> {
        let only = Only::new(overrides.only.as_deref())?;
        let settings = overrides.settings(run, Talk::ALONE)?;
        let suite = Suite::of_run(run, overrides.limit)?;
        Ok(Self {
            name: run.display_name(),
            run_file: run.text.clone(),
            tree: RunTree::default(),
            base: run.path.parent().unwrap_or(Path::new("")).to_path_buf(),
            suite: Arc::new(suite),
            composites: run.composites(),
            stock_phrases: run.stock_list.clone(),
            settings,
            only,
            schedule: run.schedule,
            misplaced: run.misplaced,
            keep: run.keep,
            disk: run.disk,
            keeps_branches: false,
            notes: Vec::new(),
        })
    }

    /// Takes over the checkpoints that were found.
    fn place(&mut self, found: Discovered) {
        let left = found.skipped.iter().map(ToString::to_string);
        self.notes = left.chain(found.notes).chain(self.settings.note()).collect();
        self.tree = found.tree;
    }

    /// Finds the checkpoints of the run file as they are now; what is known of their weights tells which are misplaced.
    ///
    /// # Errors
    /// As [`discover_tree`].
    pub(crate) fn look_again(&mut self, run: &RunFile, hashes: &Hashes, results: &Path) -> Result<()> {
        self.place(discover_tree(run)?);
        let suspects = suspects(&self.tree, &self.base, hashes, &Contents::open(results));
        self.tree.misplaced = suspects.left_out(self.misplaced).to_vec();
        Ok(())
    }

    /// The same, if at least one task can be asked: what needs no data (a plan, the status) goes on without.
    ///
    /// # Errors
    /// None can: what is wrong with the first.
    pub(crate) fn with_data(mut self) -> Result<Self> {
        if let Some(suite) = Arc::get_mut(&mut self.suite) {
            suite.require_one()?;
        }
        Ok(self)
    }

    /// One checkpoint by itself, as a run with one branch; `name` is what it is called where its folder does not tell. Its step and tokens
    /// are what its name and its folder tell, or 0.
    ///
    /// # Errors
    /// There is no such folder.
    pub(crate) fn of_model(folder: &Path, name: Option<&str>, suite: Suite, settings: Settings) -> Result<Self> {
        ModelConfig::read(folder)?;
        settings.check()?;
        let path = fs_err::canonicalize(folder)?;
        let name = name.map(str::to_owned).or_else(|| Some(path.file_name()?.to_string_lossy().into_owned()));
        let name = name.unwrap_or_else(|| "model".into());
        let step = name.rsplit(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse().ok());
        let checkpoint = Checkpoint {
            branch: "trunk".into(),
            step: step.unwrap_or(0),
            variant: None,
            tokens: crate::checkpoint::own_count(folder, None)?.unwrap_or(0),
            learning_rate: None,
            location: folder.display().to_string(),
        };
        let checkpoint = match settings.rope_scale {
            Some(scale) => checkpoint.stretched(&scale.to_string()),
            None => checkpoint,
        };
        let branch = Branch {
            name: "trunk".into(),
            fork: None,
            checkpoints: vec![checkpoint],
            log: TrainingLog::default(),
            phases: Vec::new(),
        };
        Ok(Self {
            name,
            run_file: String::new(),
            tree: RunTree { branches: vec![branch], ..RunTree::default() },
            base: PathBuf::new(),
            suite: Arc::new(suite),
            notes: settings.note().into_iter().collect(),
            composites: Vec::new(),
            stock_phrases: None,
            settings,
            only: Only::default(),
            schedule: ScheduleSpec::default(),
            misplaced: MisplacedSpec::default(),
            keep: KeepSpec::default(),
            disk: None,
            keeps_branches: false,
        })
    }

    /// Looks for checkpoints with the weights of another step, before any is scored: notes name them, and they are left out of what is
    /// said of curves unless the run file keeps them.
    ///
    /// # Errors
    /// What the hub tells of its revisions cannot be kept in the results folder.
    pub(crate) fn find_misplaced(&mut self, results: &Path, talk: Talk<'_>) -> Result<()> {
        let mut listed = Contents::open(results);
        listed.ask(&self.tree, talk)?;
        let suspects = suspects(&self.tree, &self.base, &Hashes::open(results), &listed);
        self.notes.extend(suspects.notes());
        self.tree.misplaced = suspects.left_out(self.misplaced).to_vec();
        Ok(())
    }

    /// Whether what failed is still part of the run.
    pub(crate) fn asks_for(&self, failure: &Failure) -> bool {
        let failed = (failure.branch.as_str(), failure.step, failure.variant.as_deref());
        let checkpoint = failure.branch == Failure::EVERYWHERE
            || self.tree.branches.iter().flat_map(|branch| &branch.checkpoints).any(|at| at.at() == failed);
        let tasks = self.suite.tasks.iter().map(|task| &task.task.name);
        let mut names = tasks.chain(self.suite.packs.iter().map(|pack| &pack.name));
        let task = |name: &String| names.any(|known| known == name);
        checkpoint && failure.task.as_ref().is_none_or(task)
    }

    /// The folder of a checkpoint; of one on the hub, where it lies once it is fetched.
    pub(crate) fn folder(&self, checkpoint: &Checkpoint) -> PathBuf {
        match Pinned::parse(&checkpoint.location) {
            Some(pinned) => hub::folder_of(&pinned),
            None => folder_on_disk(checkpoint, &self.base),
        }
    }

    /// The checkpoints that lie on the hub.
    pub(crate) fn on_hub(&self) -> impl Iterator<Item = Pinned> {
        let all = self.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
        all.filter_map(|at| Pinned::parse(&at.location))
    }

    /// The checkpoints of the hub that stay when they are scored.
    pub(crate) fn kept(&self) -> Vec<Pinned> {
        let all = self.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
        all.filter(|at| self.keeps(at)).filter_map(|at| Pinned::parse(&at.location)).collect()
    }

    /// Whether a checkpoint that was fetched stays when it is scored.
    pub(crate) fn keeps(&self, checkpoint: &Checkpoint) -> bool {
        match self.keep {
            KeepSpec::None => false,
            KeepSpec::Last => {
                let branch = self.tree.branch(&checkpoint.branch);
                branch.and_then(|branch| branch.checkpoints.last()).is_some_and(|last| last.step == checkpoint.step)
            }
            KeepSpec::All => true,
        }
    }
}
