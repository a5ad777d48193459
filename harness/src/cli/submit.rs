//! `spyglass submit` and `spyglass cancel`: workers on a cluster.

use std::path::PathBuf;

use clap::Args;

use super::numbers::counted;
use super::plan::needed;
use super::{Exit, print, say};
use crate::cluster::{EngineName, Job, last, remember};
use crate::results::{Hashes, Store};
use crate::run_file::RunFile;
use crate::sweep::plan::Plan;
use crate::sweep::{Overrides, Work};
use crate::{Error, Result};

/// Start workers on a cluster: on Slurm an array of them, and a job that writes the report when they have ended
///
/// `cluster:` in the run file says how many, with which partition, account, time, memory and cores. `spyglass status` shows the queue.
#[derive(Debug, Args)]
pub(super) struct Submit {
    /// The run file
    run: PathBuf,
    /// The engine that starts them
    #[arg(long, value_enum, default_value_t)]
    to: EngineName,
    /// Print what would be submitted, and submit nothing
    #[arg(long)]
    dry_run: bool,
    /// At most N items of each task (of each subject in MMLU)
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only units whose branch/step/task fits, such as 'trunk/*' or '*/mmlu_*'
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
}

impl Submit {
    pub(super) fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let overrides = Overrides { limit: self.limit, only: self.only.clone(), ..Overrides::default() };
        overrides.require_one_precision(&run, "workers score in")?;
        let work = Work::of_run(&run, &overrides)?;
        let store = Store::open(&run.results);
        let plan = needed(Plan::new(&work, &store, &Hashes::open(&run.results))?, &work, &store)?;
        let left = plan.units().filter(|unit| !unit.is_done()).count();
        let limit = self.limit.iter().flat_map(|limit| ["--limit".into(), limit.to_string()]);
        let only = self.only.iter().flat_map(|only| ["--only".into(), only.clone()]);
        let job = Job::new(&run, left, limit.chain(only).collect())?;
        if self.dry_run {
            print(&self.to.engine().manifest(&job)?)?;
            return Ok(Exit::Well);
        }
        if left == 0 {
            say("nothing is left to score; `spyglass report` writes the report");
            return Ok(Exit::Well);
        }
        let store = Store::create(&run.results)?;
        let submitted = self.to.engine().submit(&job)?;
        remember(store.root(), &submitted)?;
        if submitted.count < run.cluster.workers {
            let why =
                if submitted.count < job.workers { "an array has no more here" } else { "no more units are left" };
            say(&format!("{} of {} workers: {why}", submitted.count, run.cluster.workers));
        }
        say(&format!(
            "{} on {}; the report is job {}; logs are in {}",
            counted(submitted.count, "worker"),
            counted(left, "unit"),
            submitted.report,
            job.logs.display()
        ));
        print(&format!("{}\n", submitted.workers))?;
        Ok(Exit::Well)
    }
}

/// End the workers that were last submitted; what is finished is kept
#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// The run file
    run: PathBuf,
}

impl Cancel {
    pub(super) fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let Some(submitted) = last(&run.results) else {
            return Err(Error::Usage {
                problem: format!("nothing was submitted for {}", self.run.display()),
                help: format!("`spyglass submit {}` starts workers", self.run.display()),
            });
        };
        submitted.engine.engine().cancel(&submitted)?;
        say(&format!("ended: workers {}, report {}", submitted.workers, submitted.report));
        Ok(Exit::Well)
    }
}
