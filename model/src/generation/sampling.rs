//! The next token from a row of logits: greedy, or drawn after repetition penalty, temperature, top-k and top-p.

use crate::error::{Error, Result};

/// How an answer is drawn and when it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the most probable token always.
    pub temperature: f64,
    /// Only this many most probable tokens (and those as probable as the last of them); 0 for all.
    pub top_k: usize,
    /// Only the most probable tokens that together have this probability; 1 for all.
    pub top_p: f64,
    /// Divides the positive logits of tokens that occurred and multiplies their negative ones; 1 for none.
    pub repetition_penalty: f64,
    /// Tokens of the answer at most.
    pub max_tokens: usize,
    /// Texts that end an answer; they are not part of it.
    pub stop: Vec<String>,
    /// Begins the seed, before the words that name a conversation.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            repetition_penalty: 1.0,
            max_tokens: 256,
            stop: Vec::new(),
            seed: 0,
        }
    }
}

impl Sampling {
    /// Checks that every setting means something.
    ///
    /// # Errors
    /// [`Error::Sampling`] names the first that does not.
    pub fn check(&self) -> Result<()> {
        let error = |key, found: String, expected| Err(Error::Sampling { key, found, expected });
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return error("temperature", self.temperature.to_string(), "a number of at least 0");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return error("top_p", self.top_p.to_string(), "a number above 0 and up to 1");
        }
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            return error("repetition_penalty", self.repetition_penalty.to_string(), "a number above 0");
        }
        if self.max_tokens == 0 {
            return error("max_tokens", "0".into(), "at least 1");
        }
        if self.stop.iter().any(String::is_empty) {
            return error("stop", "\"\"".into(), "texts of at least one character");
        }
        Ok(())
    }
}
