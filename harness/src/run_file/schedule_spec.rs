//! The order of a sweep, as a run file says it.

use schemars::JsonSchema;
use serde::Deserialize;
use spyglass_tasks::yaml::count;

use crate::values::count_schema;

/// Which checkpoints are scored, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleSpec {
    /// The order.
    pub order: CheckpointOrder,
    /// Every n-th checkpoint of each branch, counted from its last.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "count_schema")]
    pub every: usize,
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        Self { order: CheckpointOrder::default(), every: 1 }
    }
}

/// The order in which checkpoints are scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointOrder {
    /// First, last, then halving the gaps: the curve's shape shows early.
    #[default]
    CoarseToFine,
    /// In ascending steps, branch by branch.
    Ascending,
    /// The newest first.
    Descending,
    /// A search: on each path the first, the last and three between them, then for each task those that halve the bracket of its
    /// onset, until nothing narrows it; the rest is not scored.
    FindOnset,
}
