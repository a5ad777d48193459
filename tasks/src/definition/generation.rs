//! The keys of a reply: how it is generated, filtered and judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::single::Words;
use super::values::Declared;
use crate::yaml::count;

/// When a reply ends, and how it is sampled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GenerationKwargs {
    /// Stop strings; the delimiter of shots unless given.
    pub until: Words,
    /// Greedy when false.
    pub do_sample: Option<bool>,
    /// 0 is greedy.
    pub temperature: Option<f64>,
    /// Longest reply, in tokens; 256 unless given.
    #[serde(alias = "max_new_tokens")]
    #[serde(deserialize_with = "count::optional")]
    pub max_gen_toks: Option<usize>,
    /// Not used.
    pub top_p: Option<f64>,
    /// Not used.
    #[serde(deserialize_with = "count::optional")]
    pub top_k: Option<usize>,
}

/// One way from a reply to what is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterPipeline {
    /// Name of the pipeline.
    #[serde(default)]
    pub name: Option<String>,
    /// Its steps.
    pub filter: Vec<FilterStep>,
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterStep {
    /// Its name.
    pub function: String,
    /// For `regex`: the pattern.
    #[serde(default)]
    pub regex_pattern: Option<String>,
    /// For `regex`: which match counts; negative from the end.
    #[serde(default)]
    pub group_select: Option<isize>,
    /// For `regex`: what stands for no match.
    #[serde(default)]
    pub fallback: Option<String>,
}

/// One metric of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricEntry {
    /// Its name.
    pub metric: Declared,
    /// How items become one number; each metric knows its own.
    #[serde(default)]
    pub aggregation: Option<Declared>,
    /// Whether more is better; each metric knows.
    #[serde(default)]
    pub higher_is_better: Option<bool>,
    /// For `exact_match`: case does not count.
    #[serde(default)]
    pub ignore_case: bool,
    /// For `exact_match`: punctuation does not count.
    #[serde(default)]
    pub ignore_punctuation: bool,
    /// For `exact_match`: what these match does not count.
    #[serde(default)]
    pub regexes_to_ignore: Vec<String>,
}
