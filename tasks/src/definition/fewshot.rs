//! The keys that say where shots come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{self, Declared};

/// How shots are drawn and shown. What is absent is as in the task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FewshotConfig {
    /// How shots are drawn.
    pub sampler: Option<Sampler>,
    /// The split they come from.
    pub split: Option<String>,
    /// The shots themselves, as rows.
    pub samples: Option<Declared>,
    /// The pool is only these rows of the split.
    pub fewshot_indices: Option<Vec<usize>>,
    /// Python code; refused.
    pub process_docs: Option<Declared>,
    /// As in the task.
    #[serde(deserialize_with = "values::text")]
    pub doc_to_text: Option<Declared>,
    /// As in the task.
    #[serde(deserialize_with = "values::target")]
    pub doc_to_target: Option<Declared>,
    /// As in the task.
    #[serde(deserialize_with = "values::choices")]
    pub doc_to_choice: Option<Declared>,
    /// As in the task.
    pub gen_prefix: Option<String>,
    /// As in the task.
    pub target_delimiter: Option<String>,
    /// As in the task.
    pub fewshot_delimiter: Option<String>,
}

/// How shots are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sampler {
    /// Anew for each item, as `random.sample` draws.
    #[default]
    Default,
    /// The first of the pool, in order.
    FirstN,
    /// Drawn once, the same for every item.
    Fixed,
}
