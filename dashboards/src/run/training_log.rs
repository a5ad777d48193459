//! What a training log holds.

use serde::{Deserialize, Serialize};

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
