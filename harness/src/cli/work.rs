//! `spyglass work`: a worker among others.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::progress::{self, Progress};
use super::state_memory::StateMemory;
use super::sweep::Narrow;
use super::{Exit, Threads, complain, say};
use crate::Result;
use crate::executor::{Beside, Capacity, Site};
use crate::hub::Talk;
use crate::progress::Interrupt;
use crate::results::Store;
use crate::run_file::RunFile;
use crate::sweep::{Work, work};

/// Take units that nobody else has and score them until none is left; as many workers as you like, on as many machines
///
/// Workers share nothing but the results folder. SIGTERM (or Ctrl-C) ends one: what is finished is kept, the rest is given back. The
/// units of one that was killed are taken over by the others. `spyglass report` writes the report.
#[derive(Debug, Args)]
pub(super) struct WorkRun {
    /// The run file
    run: PathBuf,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    threads: Threads,
    /// Checkpoints scored at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
    jobs: usize,
    #[command(flatten)]
    state_memory: StateMemory,
}

impl WorkRun {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let (run, overrides) = (RunFile::read(&self.run)?, self.narrow.overrides());
        overrides.require_one_precision(&run, "a worker scores in")?;
        overrides.note(&run).iter().for_each(|note| say(note));
        let store = Store::create(&run.results)?;
        let interrupt = Interrupt::listen()?;
        let mut own = Work::of_run(&run, &overrides)?.with_data()?;
        own.find_misplaced(store.root(), Talk { tell: &say, stop: &|| interrupt.is_set() })?;
        own.notes.iter().for_each(|note| say(note));
        let (progress, started) = (Progress::new(), Instant::now());
        let capacity = Capacity { jobs: self.jobs, scorer: self.state_memory.scorer() };
        let mut site = Site::new(own, store, capacity, progress.watch(interrupt));
        site.beside = Beside { tells_trainer: run.watch.reading_file, ..Beside::default() };
        let done = work(site.plan()?, &site);
        progress.finish();
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                complain(&error);
                return Ok(Exit::SomeFailed);
            }
        };
        say(&progress::summary(&done, &site.work.suite.bad_rows(), &[], started.elapsed().as_secs_f64()));
        if done.interrupted {
            say("stopped; finished work is kept, what was in hand is given back");
            return Ok(Exit::Interrupted);
        }
        Ok(if done.is_clean() { Exit::Well } else { Exit::SomeFailed })
    }
}
