//! What scoring leaves behind of one item, and what a metric makes of many.

use serde::{Deserialize, Serialize};

/// The model's answer to one choice of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChoiceRecord {
    /// Log-likelihood of the choice after the context, natural logarithm, summed over its tokens.
    pub logprob: f64,
    /// Every token of the choice is the model's most likely next token.
    pub is_greedy: bool,
    /// Length in tokens.
    pub tokens: usize,
    /// Length in Unicode code points, without the delimiter before it.
    pub chars: usize,
    /// Length in UTF-8 bytes, without the delimiter before it.
    pub bytes: usize,
}

/// One scored item: enough to grade it again without the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRecord {
    /// Number of the document in its split, from 0.
    pub doc_id: usize,
    /// Index of the right choice.
    pub gold: usize,
    /// Items of one cluster share a source (a passage, a fact, a subject).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The choices, in the order asked.
    pub choices: Vec<ChoiceRecord>,
    /// The prompt was cut from the left to fit the context limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// The context's tokens are no prefix of those of context and choice together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_token_edge: bool,
}

/// One metric over the items of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// Name as lm-evaluation-harness writes it (`acc_norm`).
    pub name: String,
    /// The mean over items.
    pub value: f64,
    /// Standard error of the mean over items; `None` below two items.
    pub stderr: Option<f64>,
    /// Standard error that lets items of one cluster vary together; `None` without clusters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clustered_stderr: Option<f64>,
    /// Items behind the value.
    pub n: usize,
}
