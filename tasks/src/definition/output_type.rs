//! What a task wants of a model, and how its items may be varied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the field")]
pub enum OutputType {
    #[default]
    MultipleChoice,
    Loglikelihood,
    LoglikelihoodRolling,
    GenerateUntil,
}

impl OutputType {
    /// The metrics of a task that lists none, as in lm-evaluation-harness.
    pub(crate) fn usual_metrics(self) -> &'static [&'static str] {
        match self {
            Self::MultipleChoice => &["acc", "acc_norm"],
            Self::Loglikelihood => &["perplexity", "acc"],
            Self::LoglikelihoodRolling => &["word_perplexity", "byte_perplexity", "bits_per_byte"],
            Self::GenerateUntil => &["exact_match"],
        }
    }
}

/// What is done to the items, for robustness checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Perturb {
    /// The choices of each item in another order, drawn from a seed.
    Shuffle,
}

impl Perturb {
    /// All there are.
    pub const ALL: [Self; 1] = [Self::Shuffle];

    /// Its name in task files, run files and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shuffle => "shuffle",
        }
    }

    /// The one of that name; results may name one that this version does not know.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}
