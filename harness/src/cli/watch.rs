//! `spyglass watch`: scores checkpoints as they come.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::progress::Progress;
use super::state_memory::StateMemory;
use super::sweep::Narrow;
use super::{Exit, Threads};
use crate::Result;
use crate::executor::Capacity;
use crate::progress::{Hangup, Interrupt};
use crate::run_file::{WatchOrder, parse_time};
use crate::watch::{Until, Watcher, watch};

/// Score checkpoints as a training writes them, and keep the report and Prometheus up to date
///
/// A checkpoint is read once it is complete. New onsets, alarms and failures go to `watch: {webhook: …, command: …}` of the run file,
/// once each. SIGTERM (or Ctrl-C) ends it, SIGHUP reads the run file again.
#[derive(Debug, Args)]
pub(super) struct WatchRun {
    /// The run file
    run: PathBuf,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    threads: Threads,
    /// Which of several checkpoints is scored next; the run file's, or the newest, unless given
    #[arg(long, value_enum)]
    order: Option<WatchOrder>,
    /// Time between two looks, such as 30s or 5m; the run file's, or 30s, unless given
    #[arg(long, value_name = "TIME", value_parser = time)]
    every: Option<Duration>,
    /// End when all that is complete is scored
    #[arg(long, conflicts_with = "until_idle")]
    once: bool,
    /// End when there has been nothing to do for so long
    #[arg(long, value_name = "TIME", value_parser = time)]
    until_idle: Option<Duration>,
    #[command(flatten)]
    state_memory: StateMemory,
}

fn time(text: &str) -> std::result::Result<Duration, String> {
    parse_time(text).ok_or_else(|| "expected a time such as 30s, 5m or 2h".into())
}

impl WatchRun {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let (interrupt, hangup) = (Interrupt::listen()?, Hangup::listen()?);
        let until = match self.until_idle.or(self.once.then_some(Duration::ZERO)) {
            Some(time) => Until::Idle(time),
            None => Until::Stopped,
        };
        let watcher = Watcher {
            run: self.run.clone(),
            overrides: self.narrow.overrides(),
            capacity: Capacity { jobs: 1, scorer: self.state_memory.scorer() },
            order: self.order,
            every: self.every,
            until,
        };
        let is_well = watch(&watcher, &|| Progress::new().watch(interrupt.clone()), &hangup)?;
        Ok(if is_well || interrupt.is_set() { Exit::Well } else { Exit::SomeFailed })
    }
}
