//! One conversation: a prompt with its variables filled in, to be held once with a checkpoint.

use std::sync::Arc;

use super::checks::Assertion;
use super::sampling::Sampling;
use super::transcript_format::TranscriptFormat;
use super::variables::Variables;

/// What is asked of a checkpoint: one per prompt × variables × repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Name of the pack.
    pub pack: String,
    /// Id of the prompt.
    pub prompt: String,
    /// Words to filter by.
    pub tags: Vec<String>,
    /// What the prompt is meant to show.
    pub notes: String,
    /// The variables' values, in the pack's order.
    pub variables: Variables,
    /// Number of the repeat, from 0.
    pub repeat: usize,
    /// How replies are sampled.
    pub sampling: Sampling,
    /// The system text.
    pub system: Option<String>,
    /// The user's turns.
    pub turns: Vec<Turn>,
    /// Checks on all replies together.
    pub checks: Vec<Assertion>,
    /// A check of every reply: the persona is kept as long as it passes.
    pub persona: Option<Assertion>,
    /// Share that passes by chance.
    pub baseline: f64,
    /// How a model without a chat template is spoken to.
    pub format: Arc<TranscriptFormat>,
}

/// What the user says, and what is asked of the reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What the user says.
    pub user: String,
    /// Checks on the reply.
    pub checks: Vec<Assertion>,
    /// Continuations to compare before the model replies.
    pub choose: Option<Choose>,
    /// A good reply, whose log-likelihood is asked for.
    pub reference: Option<String>,
}

/// Continuations that are compared; neither list is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choose {
    /// In character, or right.
    pub right: Vec<String>,
    /// Out of character, or wrong.
    pub wrong: Vec<String>,
}

impl Conversation {
    /// What names one turn of this conversation: with the seed it seeds the turn's random numbers, and nothing else does, so no
    /// other conversation can disturb it.
    pub fn words(&self, turn: usize) -> [String; 5] {
        let variables = serde_json::Value::Object(self.variables.clone()).to_string();
        [self.pack.clone(), self.prompt.clone(), variables, self.repeat.to_string(), turn.to_string()]
    }

    /// Whether a verdict on it depends on the shipped list of stock phrases.
    pub(super) fn reads_shipped_phrases(&self) -> bool {
        let all = self.turns.iter().flat_map(|turn| &turn.checks).chain(&self.checks).chain(&self.persona);
        all.into_iter().any(|assertion| assertion.check.reads_shipped_phrases())
    }

    /// Whether another repeat can only say the same.
    pub fn is_greedy(&self) -> bool {
        self.sampling.temperature == 0.0
    }
}
