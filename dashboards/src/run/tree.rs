//! Where a run went: branches with their checkpoints, logs and learning-rate phases.

use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::branch::{At, Branch, COLOURS, Checkpoint};
use super::misplaced::Misplaced;
use super::training_log::LogEntry;

/// All branches of a run, parents before children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTree {
    /// The branches.
    pub branches: Vec<Branch>,
    /// What `tokens` of its checkpoints count.
    #[serde(default, skip_serializing_if = "Axis::is_tokens")]
    pub axis: Axis,
    /// Checkpoints whose weights belong to another step: drawn hollow, and left out of all that is said of a curve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misplaced: Vec<Misplaced>,
}

impl RunTree {
    /// The colour of a branch: the trunk is 0, the branches after it go through `COLOURS` and begin again; 0 for names that no
    /// branch has.
    pub fn colour(&self, branch: &str) -> usize {
        let place = self.branches.iter().position(|known| known.name == branch).unwrap_or(0);
        if place == 0 { 0 } else { (place - 1) % COLOURS + 1 }
    }

    /// The branch of that name.
    pub fn branch(&self, name: &str) -> Option<&Branch> {
        self.branches.iter().find(|branch| branch.name == name)
    }

    /// Whether the weights of a checkpoint belong to the step in its name, as far as their hashes tell.
    pub fn is_in_place(&self, at: At<'_>) -> bool {
        self.misplaced.iter().all(|misplaced| misplaced.at() != at)
    }

    /// The path that leads to the end of a branch: the checkpoints of its ancestors up to each fork, then its own.
    pub fn path(&self, name: &str) -> Vec<&Checkpoint> {
        let Some(branch) = self.branch(name) else {
            return Vec::new();
        };
        let mut path = match &branch.fork {
            Some(fork) => {
                let mut before = self.path(&fork.branch);
                before.retain(|checkpoint| checkpoint.step <= fork.step);
                before
            }
            None => Vec::new(),
        };
        path.extend(&branch.checkpoints);
        path
    }

    /// The log that leads to the end of a branch: the entries of its ancestors up to each fork, then its own.
    pub fn log_path(&self, name: &str) -> Vec<&LogEntry> {
        let Some(branch) = self.branch(name) else {
            return Vec::new();
        };
        let mut path = match &branch.fork {
            Some(fork) => {
                let mut before = self.log_path(&fork.branch);
                before.retain(|entry| entry.step <= fork.step);
                before
            }
            None => Vec::new(),
        };
        path.extend(&branch.log.entries);
        path
    }
}
