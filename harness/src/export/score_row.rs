//! A row of exported scores.

use serde::Serialize;

/// One score. The names are those that `spyglass onset` reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRow {
    /// Branch of the checkpoint.
    pub branch: String,
    /// Optimiser step.
    pub step: u64,
    /// Tells several checkpoints of one step apart.
    pub variant: Option<String>,
    /// Tokens seen in training.
    pub tokens: u64,
    /// Learning rate at this step.
    pub lr: Option<f64>,
    /// Phase of the learning rate.
    pub phase: Option<&'static str>,
    /// `task`, `group` or `pack`.
    pub kind: &'static str,
    /// Task, group or prompt pack.
    pub task: String,
    /// Shots of every item; `None` for a group whose tasks differ.
    pub shots: Option<usize>,
    /// How the items are perturbed, where they are.
    pub perturb: Option<String>,
    /// Metric.
    pub metric: String,
    /// Whether this is the metric that curves show.
    pub primary: bool,
    /// The value.
    pub score: f64,
    /// Standard error; `None` below two items.
    pub se: Option<f64>,
    /// Standard error that lets items of one cluster vary together; a group's clusters are its tasks.
    pub clustered_se: Option<f64>,
    /// Items behind the value.
    pub n: usize,
    /// Score of guessing, for the accuracies.
    pub chance: Option<f64>,
    /// Key of the unit; `None` for a group.
    pub key: Option<String>,
}
