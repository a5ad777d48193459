//! What happens while a plan is carried out.

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{Checkpoint, Failure};

use crate::results::ClaimHolder;

/// What happens while a plan is carried out. Plain data: an executor in another process can send it home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// This much is about to be scored.
    Planned {
        /// Units that are not finished.
        units: usize,
        /// Items of them that are left.
        items: usize,
    },
    /// A checkpoint is fetched from the hub.
    Fetching(Checkpoint),
    /// What a person should know while it takes long.
    Note(String),
    /// A checkpoint is hashed and read.
    Reading(Checkpoint),
    /// Some items that the plan counted as left now lie in the results.
    Scored {
        /// How many.
        items: usize,
        /// Tokens that went through the model for them; 0 when they were found there.
        tokens: u64,
    },
    /// A unit is finished.
    Finished {
        /// When, and by whom.
        finish: Finish,
        /// The checkpoint that it is of.
        checkpoint: Checkpoint,
        /// The task or pack.
        task: String,
        /// Its first metric.
        score: Option<(String, f64)>,
    },
    /// A unit, or (`task` absent) a whole checkpoint, could not be scored.
    Failed {
        /// Why.
        failure: Failure,
        /// Units that are lost with it.
        units: usize,
        /// Items that were counted as left.
        items: usize,
    },
    /// What could be scored of a checkpoint now is; it leaves the memory.
    Left(Checkpoint),
    /// All that is left is held by another sweep.
    Waiting(ClaimHolder),
}

/// When, and by whom, a unit was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Finish {
    /// Before the plan was made.
    Before,
    /// By another sweep, after the plan counted it as left.
    Elsewhere,
    /// By us, just now.
    Here,
}
