//! Checkpoints whose weights belong to another step, as the hashes of their files tell.

use serde::{Deserialize, Serialize};

use super::branch::{At, Checkpoint};

/// A checkpoint whose weights belong to another step, all of them or some: its scores say nothing of the step in its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misplaced {
    /// Its branch.
    pub branch: String,
    /// Its step.
    pub step: u64,
    /// Its variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Its folder, as the run file names it.
    pub location: String,
    /// What it holds, as the end of a sentence: `holds the same weights as step 600 (trunk/checkpoint-600)`.
    pub holds: String,
}

impl Misplaced {
    /// The checkpoint, and what it holds.
    pub fn of(checkpoint: &Checkpoint, holds: String) -> Self {
        let (branch, variant) = (checkpoint.branch.clone(), checkpoint.variant.clone());
        Self { branch, step: checkpoint.step, variant, location: checkpoint.location.clone(), holds }
    }

    /// What tells its checkpoint from the others of its run.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }

    /// A sentence on it.
    pub fn words(&self) -> String {
        let variant = self.variant.as_ref().map_or_else(String::new, |variant| format!(" ({variant})"));
        format!("step {}{variant} of branch `{}` ({}) {}", self.step, self.branch, self.location, self.holds)
    }
}
