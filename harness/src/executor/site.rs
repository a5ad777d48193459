//! What an executor works with.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use spyglass_dashboards::run::Checkpoint;
use spyglass_model::ScorerOptions;

use crate::Result;
use crate::ask::Questions;
use crate::hub::{self, Fetcher, Pinned, Settings};
use crate::progress::Watch;
use crate::results::{Claims, Hashes, Store};
use crate::sweep::Work;
use crate::sweep::plan::Plan;

/// What an executor works with, beside the plan.
pub(crate) struct Site {
    /// What is scored.
    pub(crate) work: Work,
    /// Its questions as token ids.
    pub(crate) questions: Questions,
    /// Where results go.
    pub(crate) store: Store,
    /// Hashes of weights.
    pub(crate) hashes: Hashes,
    /// Units that are ours or others'.
    pub(crate) claims: Claims,
    /// How much of the machine is used.
    pub(crate) capacity: Capacity,
    /// How it behaves beside others.
    pub(crate) beside: Beside,
    /// Who is told, and who may stop it.
    pub(crate) watch: Watch,
    /// Brings checkpoints from the hub, once one is asked for.
    fetcher: OnceLock<Fetcher>,
}

/// How much of the machine is used; no score depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Checkpoints scored at once.
    pub(crate) jobs: usize,
    /// How each of them is scored.
    pub(crate) scorer: ScorerOptions,
}

/// How a worker behaves beside other workers and beside the trainer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beside {
    /// Whether it waits, when all else is done, for what others hold, and takes over what they leave.
    pub(crate) waits: bool,
    /// Whether a file beside a checkpoint tells the trainer that it is being read.
    pub(crate) tells_trainer: bool,
}

impl Default for Beside {
    fn default() -> Self {
        Self { waits: true, tells_trainer: false }
    }
}

impl Default for Capacity {
    fn default() -> Self {
        Self { jobs: 1, scorer: ScorerOptions::default() }
    }
}

impl Site {
    /// Where `work` is done and its results go into `store`.
    pub(crate) fn new(work: Work, store: Store, capacity: Capacity, watch: Watch) -> Self {
        crate::progress::keep_log_in(store.root());
        let (questions, hashes) =
            (Questions::new(&work.suite), Hashes::open(store.root()).until(watch.interrupt.clone()));
        let (claims, beside) = (Claims::default(), Beside::default());
        Self { work, questions, store, hashes, claims, capacity, beside, watch, fetcher: OnceLock::new() }
    }

    /// What brings checkpoints from the hub.
    ///
    /// # Errors
    /// What the environment says of the hub is wrong.
    pub(crate) fn fetcher(&self) -> Result<&Fetcher> {
        if self.fetcher.get().is_none() {
            let fetcher = Fetcher::new(Settings::from_env()?, self.store.root(), self.work.disk);
            let fetcher = fetcher.until(self.watch.interrupt.clone());
            drop(self.fetcher.set(fetcher));
        }
        Ok(self.fetcher.get().expect("it was set above"))
    }

    /// Lets go what was fetched from the hub, by an earlier sweep that was killed as well, and is not to be kept. Of the checkpoints that
    /// are not `scored` what has come stays for the next sweep.
    pub(crate) fn tidy(&self, scored: &BTreeSet<Pinned>) {
        if self.fetcher.get().is_none() && !hub::has_fetched(self.store.root()) {
            return;
        }
        if let Ok(fetcher) = self.fetcher() {
            let wanted: Vec<Pinned> = self.work.on_hub().filter(|own| !scored.contains(own)).collect();
            fetcher.let_go(&self.work.kept(), &wanted);
        }
    }

    /// The folder in the results that holds the units of a checkpoint.
    pub(crate) fn checkpoint_folder(&self, checkpoint: &Checkpoint) -> PathBuf {
        let (branch, step, variant) = checkpoint.at();
        self.store.checkpoint(branch, step, variant)
    }

    /// All units of the work against what the store holds.
    ///
    /// # Errors
    /// The results cannot be read, or `--only` fits no unit.
    pub(crate) fn plan(&self) -> Result<Plan> {
        Plan::new(&self.work, &self.store, &self.hashes)
    }
}
