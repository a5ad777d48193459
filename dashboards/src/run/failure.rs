//! What went wrong with a unit.

use serde::{Deserialize, Serialize};

/// A unit that could not be scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Branch of the checkpoint.
    pub branch: String,
    /// Step of the checkpoint.
    pub step: u64,
    /// Variant of the checkpoint, where a step has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Leaf task; `None` when the checkpoint itself could not be read.
    pub task: Option<String>,
    /// What went wrong, with file, place and mend.
    pub reason: String,
    /// When, RFC 3339, UTC.
    pub time: String,
}

impl Failure {
    /// Stands as the branch of a failure that no single checkpoint is to blame for: a task without data.
    pub const EVERYWHERE: &str = "*";
}
