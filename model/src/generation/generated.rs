//! What goes into a generation and what comes out of it.

use super::sampling::Sampling;

/// A conversation that is to be continued.
#[derive(Debug, Clone)]
pub struct Prompt<'a, S> {
    /// What the tokens of `seen` left behind.
    pub state: S,
    /// Tokens that `state` has seen: earlier turns. They count for the repetition penalty.
    pub seen: &'a [u32],
    /// Tokens that it has not; at least one.
    pub tokens: &'a [u32],
    /// How the answer is drawn.
    pub sampling: &'a Sampling,
    /// What names the conversation (pack, prompt, variables, repeat): with the seed of `sampling` they seed the draws.
    pub words: &'a [&'a str],
}

/// A token of an answer, as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// Which of the conversations.
    pub conversation: usize,
    /// The token; `None` at the end, for text that was held back.
    pub id: Option<u32>,
    /// The text that is certain now; may be empty. All of them, joined, are the answer's text.
    pub text: &'a str,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The model ended it.
    Eos,
    /// A stop string came.
    StopString,
    /// It was as long as was allowed.
    MaxTokens,
    /// The callback broke off.
    Interrupted,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Generated<S> {
    /// Its tokens, without the one that ended it, with those that made a stop string.
    pub ids: Vec<u32>,
    /// Its text, without the stop string.
    pub text: String,
    /// Why it ended.
    pub stopped: Stopped,
    /// The smallest difference between the two largest logits, over all tokens and the end; where it is tiny, another machine
    /// may answer otherwise.
    pub min_margin: f32,
    /// What the prompt and the first `ids_read` tokens of the answer left behind.
    pub state: S,
    /// How many of `ids` the state has seen: all when the model ended the answer, else all but the last.
    pub ids_read: usize,
}
