//! `spyglass score`: one checkpoint, ad hoc.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use spyglass_dashboards::run::UnitRecord;
use spyglass_model::ModelConfig;

use super::model_args::ModelArgs;
use super::numbers::counted;
use super::progress::{self, Progress};
use super::score_table::markdown;
use super::state_memory::StateMemory;
use super::{Exit, Threads, print, say};
use crate::Result;
use crate::executor::{Capacity, Site, Summary};
use crate::progress::Interrupt;
use crate::results::Store;
use crate::run_file::TaskSpec;
use crate::suite::{Suite, TaskSource, catalogue};
use crate::sweep::{Work, keep_snapshot, score};

/// Score one checkpoint on some tasks, and print the table that lm-eval users know
#[derive(Debug, Args)]
pub(super) struct Score {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    tasks: Tasks,
    /// Keep the results in this folder, in the layout of a sweep's
    #[arg(long, aliases = ["output_path", "output-path"], short_alias = 'o', value_name = "DIR")]
    out: Option<PathBuf>,
    /// One JSON object a task instead of the table
    #[arg(long)]
    json: bool,
    /// Exit with 1 if an item was cut to the context limit
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    state_memory: StateMemory,
    #[command(flatten)]
    threads: Threads,
}

/// Tasks on the command line.
#[derive(Debug, Args)]
pub(super) struct Tasks {
    /// Tasks, groups, globs or task files
    #[arg(long = "tasks", alias = "task", short_alias = 't', value_name = "A,B", value_delimiter = ',', value_parser = super::listed_name, required = true)]
    names: Vec<String>,
    /// Examples before each question; the task's own number unless given
    #[arg(long, aliases = ["num_fewshot", "num-fewshot"], short_alias = 'f', value_name = "N")]
    shots: Option<usize>,
    /// At most N items of each task (of each subject in MMLU)
    #[arg(long, short_alias = 'L', value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    limit: Option<usize>,
    /// `shuffle` asks every item with its choices in another order
    #[arg(long, value_name = "HOW")]
    perturb: Option<String>,
    /// Folders searched for the tasks' data
    #[arg(long, value_name = "DIR", default_value = "data", env = "SPYGLASS_DATA", value_delimiter = ':')]
    data: Vec<PathBuf>,
    /// Folders with task files of your own
    #[arg(long, aliases = ["include_path", "include-path"], value_name = "DIR")]
    task_folder: Vec<PathBuf>,
}

impl Tasks {
    /// The tasks with their items.
    ///
    /// # Errors
    /// A task is unknown, or none can be asked.
    pub(super) fn suite(&self) -> Result<Suite> {
        let catalogue = catalogue(&self.task_folder)?;
        let source = TaskSource { catalogue, data: self.data.clone(), limit: None };
        let mut suite = Suite::default();
        for task in &self.names {
            let spec =
                TaskSpec { task: task.clone(), shots: self.shots, limit: self.limit, perturb: self.perturb.clone() };
            suite.add(&source, &spec)?;
        }
        suite.require_one()?;
        Ok(suite)
    }
}

impl Score {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let interrupt = Interrupt::listen()?;
        let model = self.model.fetched(&interrupt)?;
        ModelConfig::read(&model.folder)?; // before the tasks are built: a slip in the path is told at once
        // Without --out the results live as long as the program.
        let aside = tempfile::tempdir()?;
        let store = Store::create(self.out.as_deref().unwrap_or(aside.path()))?;
        let work = Work::of_model(&model.folder, model.name.as_deref(), self.tasks.suite()?, model.settings())?;
        let suite = Arc::clone(&work.suite);
        if self.out.is_some() {
            keep_snapshot(&work, &store)?;
        }
        let summary = score_work(work, store, self.state_memory, interrupt)?;
        let bad_rows = suite.bad_rows();
        if summary.records.is_empty() && !summary.interrupted {
            say(&format!("nothing could be scored: {}", counted(summary.failures.len(), "failure")));
            return Ok(Exit::SomeFailed);
        }
        let line = |record: &UnitRecord| serde_json::to_string(record).expect("plain data") + "\n";
        print(&if self.json {
            summary.records.iter().map(line).collect()
        } else {
            markdown(&suite, &summary.records)
        })?;
        let clean = summary.is_clean() && bad_rows.is_empty() && !(self.strict && summary.truncated() > 0);
        Ok(match (summary.interrupted, clean) {
            (true, _) => Exit::Interrupted,
            (false, true) => Exit::Well,
            (false, false) => Exit::SomeFailed,
        })
    }
}

/// Scores what one checkpoint lacks, and says how it went.
///
/// # Errors
/// The results can no longer be written.
pub(super) fn score_work(work: Work, store: Store, memory: StateMemory, interrupt: Interrupt) -> Result<Summary> {
    work.notes.iter().for_each(|note| say(note));
    let (progress, started) = (Progress::new(), Instant::now());
    let capacity = Capacity { scorer: memory.scorer(), ..Capacity::default() };
    let site = Site::new(work, store, capacity, progress.watch(interrupt));
    let summary = score(site.plan()?, &site)?;
    progress.finish();
    let bad_rows = site.work.suite.bad_rows();
    say(&progress::summary_of_one(&summary, &bad_rows, started.elapsed().as_secs_f64()));
    Ok(summary)
}
