//! What is kept of a unit: what it was asked and what it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spyglass_tasks::MetricValue;

use super::branch::Checkpoint;
use super::subject::Subject;

/// Everything that a unit's numbers depend on; its hash is the unit's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "content hashes (blake3, hex) and settings that explain themselves")]
pub struct UnitInputs {
    pub weights: String,
    pub config: String,
    pub tokenizer: String,
    pub chat_template: Option<String>,
    pub task: String,
    pub task_definition: String,
    pub data: String,
    pub shots: usize,
    pub perturb: Option<String>,
    pub precision: String,
    pub dt_floor: String,
    /// `always` or `never`; `None` leaves BOS to the tokenizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bos: Option<String>,
    /// What positions of rotary embeddings were divided by; `None` leaves them as config.json says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rope_scale: Option<String>,
    /// The context limit in tokens, where it is not that of config.json.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<usize>,
    pub scoring_version: u32,
}

/// One immutable file of item records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// File name inside the unit's folder.
    pub file: String,
    /// Number of its first item.
    pub first: usize,
    /// How many items it holds.
    pub items: usize,
    /// blake3 of the file's bytes, hex.
    pub blake3: String,
}

/// What computing a unit took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time of scoring.
    pub seconds: f64,
    /// Tokens that went through the model.
    pub tokens_computed: u64,
    /// Tokens a harness without prefix sharing would compute (context and continuation of every request).
    pub tokens_requested: u64,
}

/// Contents of `unit.json`: one leaf task on one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitRecord {
    /// Hash of `inputs`, hex.
    pub key: String,
    /// Everything the numbers depend on.
    pub inputs: UnitInputs,
    /// The checkpoint as it was placed in the run when the unit was scored.
    pub checkpoint: Checkpoint,
    /// Leaf task, as the catalogue names it.
    pub task: String,
    /// Shots of every item.
    pub shots: usize,
    /// Score of guessing, in [0, 1], where the task has one.
    pub chance: Option<f64>,
    /// The metric drawn first (`acc_norm` for HellaSwag).
    pub primary_metric: String,
    /// Every metric with its error bars.
    pub metrics: Vec<MetricValue>,
    /// Whether more is better, of metrics of which an import says so otherwise than their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub higher_is_better: BTreeMap<String, bool>,
    /// Items scored.
    pub items: usize,
    /// Items of the whole task.
    pub items_total: usize,
    /// Items whose prompt was cut from the left to fit the context limit.
    pub truncated: usize,
    /// Requests whose context is no token prefix of context and continuation together.
    pub off_token_edge: usize,
    /// What a reader should know: substituted few-shot pools, refused rows.
    pub warnings: Vec<String>,
    /// The files beside this one.
    pub chunks: Vec<Chunk>,
    /// What it took.
    pub cost: Cost,
    /// When it was finished, RFC 3339, UTC.
    pub finished: String,
    /// Version of the program that wrote it.
    pub version: String,
}

impl UnitRecord {
    /// The task with its settings.
    pub fn subject(&self) -> Subject {
        Subject::task(&self.task, self.shots, self.inputs.perturb.clone())
    }

    /// The value of one metric.
    pub fn metric(&self, name: &str) -> Option<&MetricValue> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Whether more of a metric is better.
    pub fn higher_is_better(&self, metric: &str) -> bool {
        self.higher_is_better.get(metric).copied().unwrap_or_else(|| spyglass_tasks::metric::higher_is_better(metric))
    }
}
