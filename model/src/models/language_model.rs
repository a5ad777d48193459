//! The seam between models and everything that asks them: tokens and a state in, logits out.

use super::Cost;
use super::logits::Logits;
use crate::error::Result;

/// Which rows of logits a sequence gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// None: only the state is of interest.
    Nothing,
    /// That of the last token.
    Last,
    /// Those of the token at this index of the sequence and of all after it.
    From(usize),
}

impl Wanted {
    /// The rows of a sequence of `len` tokens.
    pub fn rows(self, len: usize) -> std::ops::Range<usize> {
        match self {
            Self::Nothing => len..len,
            Self::Last => len.saturating_sub(1)..len,
            Self::From(first) => first.min(len)..len,
        }
    }
}

/// One sequence of a batch: `tokens` go on from where `state` stands.
#[derive(Debug)]
pub struct Sequence<'a, S> {
    /// At least one token.
    pub tokens: &'a [u32],
    /// What the tokens before these left behind.
    pub state: &'a mut S,
    /// The rows of logits to give back.
    pub wanted: Wanted,
    /// Whether `state` is moved on past `tokens`. A leaf (`false`) reads it and leaves it as it was, which spares the copy.
    pub keep_state: bool,
}

/// A causal language model whose memory of a prefix is an explicit value.
pub trait LanguageModel: Sync {
    /// What a prefix leaves behind. A clone is a fork: cheap, and independent of the original.
    type State: Clone + Send;

    /// The state before any token.
    fn new_state(&self) -> Self::State;

    /// Computes a batch. The matrix products of all sequences are done together; one sequence never sees another.
    ///
    /// # Errors
    /// A token outside the vocabulary, or an operation the device refuses.
    fn forward(&self, batch: &mut [Sequence<'_, Self::State>]) -> Result<Vec<Logits>>;

    /// Tokens in the vocabulary: the length of a row of logits.
    fn vocab_size(&self) -> usize;

    /// The longest request that is scored whole, in tokens, as lm-eval takes it: a limit of use, which longer texts may pass where
    /// positions are not learned one by one.
    fn context_limit(&self) -> usize;

    /// Bytes of a state after `position` tokens.
    fn state_bytes(&self, position: usize) -> u64;

    /// What one token after `position` others costs; with `head`, also its logits.
    fn cost(&self, position: usize, head: bool) -> Cost;
}
