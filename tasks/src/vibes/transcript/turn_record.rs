//! What is kept of a turn.

use serde::{Deserialize, Serialize};

use super::super::checks::Verdict;
use super::super::stop::Stop;

/// One continuation of a `choose`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChoiceScore {
    /// The continuation.
    pub text: String,
    /// Mean log-likelihood per token, natural logarithm.
    pub logprob: f64,
    /// Its length in tokens.
    pub tokens: usize,
}

/// The continuations of a `choose` and how far apart they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// In character, or right.
    pub right: Vec<ChoiceScore>,
    /// Out of character, or wrong.
    pub wrong: Vec<ChoiceScore>,
    /// Best right minus best wrong, in nats per token; above 0 the model leans to the right side.
    pub margin: f64,
}

impl Choices {
    /// Joins both sides; `None` when one is empty.
    pub fn new(right: Vec<ChoiceScore>, wrong: Vec<ChoiceScore>) -> Option<Self> {
        let best = |side: &[ChoiceScore]| side.iter().map(|choice| choice.logprob).reduce(f64::max);
        let margin = best(&right)? - best(&wrong)?;
        Some(Self { right, wrong, margin })
    }
}

/// A good reply and how likely the model finds it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The reply.
    pub text: String,
    /// Mean log-likelihood per token, natural logarithm; the perplexity is `exp(-logprob)`.
    pub logprob: f64,
    /// Its length in tokens.
    pub tokens: usize,
}

/// One turn: what was said, what came back, and how it was judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnRecord {
    /// What the user said.
    pub user: String,
    /// What the model replied, without stop string and outer white space.
    pub reply: String,
    /// The tokens that the model had before it when it began to reply.
    pub prompt_ids: Vec<u32>,
    /// The tokens it gave, without the end-of-text token.
    pub reply_ids: Vec<u32>,
    /// Why it ended.
    pub stop: Stop,
    /// One verdict a check.
    pub verdicts: Vec<Verdict>,
    /// Whether the persona was kept, where the prompt has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<Verdict>,
    /// The continuations that were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Choices>,
    /// The reference reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Tokens of earlier turns that had to be computed again, since their text is tokenised otherwise by now.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub recomputed: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}
