//! Where a run went: branches with their checkpoints, logs and learning-rate phases.

use super::axis::Axis;
use super::misplaced::Misplaced;
use serde::{Deserialize, Serialize};

/// A stretch of the learning-rate schedule (`lr_phases` finds them, or the run file names them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The first rise from zero.
    Warmup,
    /// A plateau or a floor.
    Stable,
    /// A fall that keeps the rate above a tenth of its peak, or that follows no plateau.
    Decay,
    /// A later rise.
    Rewarm,
    /// The fast fall to (nearly) zero at the end.
    Anneal,
}

impl Phase {
    /// The name as the run file and the report write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warmup => "warmup",
            Self::Stable => "stable",
            Self::Decay => "decay",
            Self::Rewarm => "rewarm",
            Self::Anneal => "anneal",
        }
    }
}

/// Where a phase begins on one branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseStart {
    /// The phase.
    pub phase: Phase,
    /// Its first step, counted from the start of the trunk.
    pub from_step: u64,
    /// Tokens seen at that step.
    pub from_tokens: u64,
}

/// One saved state of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Name of the branch it lies on.
    pub branch: String,
    /// Optimiser step, counted from the start of the trunk.
    pub step: u64,
    /// Tells several checkpoints of one step apart (EMA, merged).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Tokens seen in training.
    pub tokens: u64,
    /// Learning rate at this step, where the log tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Folder, as the run file names it (relative to the run file).
    pub location: String,
}

/// Branch, step and variant: what tells a checkpoint from the others of its run.
pub type At<'a> = (&'a str, u64, Option<&'a str>);

impl Checkpoint {
    /// What tells it from the others of its run.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }
}

/// Where a branch leaves its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The parent branch.
    pub branch: String,
    /// Step of the fork.
    pub step: u64,
    /// Tokens seen at the fork.
    pub tokens: u64,
}

/// One line of a training log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Optimiser step, counted from the start of the trunk.
    pub step: u64,
    /// Tokens seen; filled in by the harness wherever any source tells.
    pub tokens: Option<u64>,
    /// Learning rate.
    pub learning_rate: Option<f64>,
    /// Training loss, as logged: NaN or infinite where it was no finite number.
    #[serde(with = "super::any_number", default)]
    pub loss: Option<f64>,
    /// Seconds on the log's clock: since 1970, or since its program began. Only differences within one branch's log mean something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// The log of one branch in ascending steps, from its fork on (the trunk: from its start).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingLog {
    /// The entries.
    pub entries: Vec<LogEntry>,
}

/// One branch of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Name, unique in the run.
    pub name: String,
    /// Where it leaves its parent; `None` for a trunk.
    pub fork: Option<Fork>,
    /// Its own checkpoints, in ascending steps.
    pub checkpoints: Vec<Checkpoint>,
    /// Its own log.
    pub log: TrainingLog,
    /// Its learning-rate phases, in ascending steps, those of the path before the fork included.
    pub phases: Vec<PhaseStart>,
}

/// Colours beside the trunk's; branches beyond them begin again.
const COLOURS: usize = 6;

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
