//! Executors: what carries a plan out. Each is one file; all of them write into the same results folder.

mod interrupt;
mod local;
mod slots;
mod summary;

pub use interrupt::Interrupt;
pub use local::Local;
pub(crate) use slots::{Memory, Room};
pub use summary::{Summary, tasks_without_items};

use crate::Result;
use crate::ask::Questions;
use crate::results::{ClaimHolder, Hashes, Store};
use crate::sweep::Work;
use crate::sweep::plan::Plan;
use spyglass_dashboards::run::{Checkpoint, Failure, UnitRecord};

/// Carries out a plan.
pub trait Executor {
    /// Scores what is missing and tells `observer` about it. One checkpoint or unit that fails is kept as a failure, and the
    /// others go on.
    ///
    /// # Errors
    /// The results folder can no longer be written.
    fn execute(&self, plan: Plan, site: &Site<'_>) -> Result<Summary>;
}

/// What an executor works with.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// What is scored.
    pub work: &'a Work,
    /// Its questions as tokens.
    pub questions: &'a Questions<'a>,
    /// Where results go.
    pub store: &'a Store,
    /// Hashes of weights.
    pub hashes: &'a Hashes,
    /// Who is told.
    pub observer: &'a dyn Observer,
    /// Whether to stop.
    pub interrupt: &'a Interrupt,
}

/// Is told what happens, from several threads.
pub trait Observer: Sync {
    /// Something has happened.
    fn notice(&self, event: &Event<'_>);
}

/// What happens while a plan is carried out.
#[derive(Debug)]
pub enum Event<'a> {
    /// This much is about to be scored.
    Planned {
        /// Units that are not finished.
        units: usize,
        /// Items of them that are left.
        items: usize,
    },
    /// A checkpoint is hashed and read.
    Reading(&'a Checkpoint),
    /// Some items that the plan counted as left now lie in the results.
    Scored {
        /// How many.
        items: usize,
        /// Tokens that went through the model for them; 0 when they were found there.
        tokens: u64,
    },
    /// A unit is finished, by us just now or by somebody before.
    Finished {
        /// Its summary.
        record: &'a UnitRecord,
        /// Whether the plan counted it as left.
        was_left: bool,
    },
    /// A unit, or (`task` absent) a whole checkpoint, could not be scored.
    Failed {
        /// Why.
        failure: &'a Failure,
        /// Units that are lost with it.
        units: usize,
        /// Items that were counted as left.
        items: usize,
    },
    /// All that is left is held by another sweep.
    Waiting(&'a ClaimHolder),
}
