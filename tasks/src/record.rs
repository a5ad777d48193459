//! What scoring leaves behind of one item, and what a metric makes of many.

use serde::{Deserialize, Serialize};

/// The model's answer to one choice of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Log-likelihood after an empty context; only where a metric asked for it (`acc_mutual_info`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconditional: Option<f64>,
}

/// The log-likelihood of a whole text, read window by window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RollingRecord {
    /// Natural logarithm, summed over all tokens.
    pub logprob: f64,
    /// Length in tokens.
    pub tokens: usize,
    /// Length in words, as lm-evaluation-harness counts them: pieces between runs of white space.
    pub words: usize,
    /// Length in UTF-8 bytes.
    pub bytes: usize,
}

/// What the model wrote, and what it should have written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GenerationRecord {
    /// The reply, cut at the stop string.
    pub text: String,
    /// The reply after the task's filters: what is compared.
    pub filtered: String,
    /// Answers that count as right.
    pub targets: Vec<String>,
    /// Length of the reply in tokens.
    pub tokens: usize,
}

/// Where an item of a long text stands on the map of lengths and depths.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LongPlace {
    /// The task without its length: tasks of several lengths share it.
    pub family: String,
    /// Tokens of prompt and reply together, at most.
    pub length: usize,
    /// Where what is asked for lies, as a fraction of the text; `None` where it lies everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<f64>,
}

/// One scored item: enough to grade it again without the model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ItemRecord {
    /// Number of the document in its split, from 0.
    pub doc_id: usize,
    /// Index of the right choice.
    pub gold: usize,
    /// Items of one cluster share a source (a passage, a fact, a subject).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The choices, in the order asked; one for a plain log-likelihood task, none for rolling and generation.
    pub choices: Vec<ChoiceRecord>,
    /// The prompt was cut from the left to fit the context limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// The context's tokens are not a prefix of those of context and choice together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_token_edge: bool,
    /// Log-likelihood of each token, for probes that look at positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_logprobs: Vec<f64>,
    /// The whole text's log-likelihood (`loglikelihood_rolling`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<RollingRecord>,
    /// The model's reply (`generate_until`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<GenerationRecord>,
    /// Of a question about a long text: how long it was, and how deep in it the answer lay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<LongPlace>,
}

/// One metric over the items of a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
