//! Tasks that are read together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use spyglass_tasks::MetricValue;
use spyglass_tasks::metric::Weighting;

use super::branch::At;

/// Tasks that are read together (`mmlu_stem`), outer groups before inner ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskGroup {
    /// Name of the group.
    pub name: String,
    /// Its leaf tasks, those of inner groups included.
    pub leaves: Vec<String>,
    /// Whether its score is the mean over items (`true`) or over tasks.
    pub weight_by_size: bool,
    /// Metrics that are weighed the other way.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub other_way: BTreeSet<String>,
    /// Scores of the group that came with an import: there they stand in place of means over its tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<GroupScores>,
}

/// A group's own scores on one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupScores {
    /// Branch of the checkpoint.
    pub branch: String,
    /// Its step.
    pub step: u64,
    /// Its variant, where a step has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Shots of the tasks.
    pub shots: usize,
    /// The scores.
    pub metrics: Vec<MetricValue>,
}

impl GroupScores {
    /// The checkpoint.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }

    /// The score in one metric.
    pub fn metric(&self, name: &str) -> Option<&MetricValue> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

impl TaskGroup {
    /// How much each task counts in a metric.
    pub fn weighting(&self, metric: &str) -> Weighting {
        if self.weight_by_size == self.other_way.contains(metric) { Weighting::Plain } else { Weighting::BySize }
    }

    /// What an import says of the group on this checkpoint.
    pub fn told_at(&self, at: At<'_>, shots: usize) -> Option<&GroupScores> {
        self.told.iter().find(|told| told.at() == at && told.shots == shots)
    }

    /// The same tasks, weighed alike.
    pub fn is_same(&self, other: &Self) -> bool {
        let all =
            |group: &Self| (group.name.clone(), group.leaves.clone(), group.weight_by_size, group.other_way.clone());
        all(self) == all(other)
    }
}
