//! How replies are sampled: the pack's defaults, and what a prompt changes of them.

use serde::{Deserialize, Serialize};

/// How the replies of a conversation are sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f64,
    /// The smallest set of tokens with so much probability is sampled from, in (0, 1].
    pub top_p: f64,
    /// Greatest length of one reply in tokens.
    pub max_tokens: usize,
    /// How often each conversation is held.
    pub repeats: usize,
    /// Goes into the seed of every conversation.
    pub seed: u64,
    /// A reply ends before the first of these.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_p: 1.0, max_tokens: 48, repeats: 1, seed: 0, stop: Vec::new() }
    }
}

impl Sampling {
    /// The key that is out of its range, and the range.
    pub(crate) fn flaw(&self) -> Option<(&'static str, &'static str)> {
        let shares = self.top_p > 0.0 && self.top_p <= 1.0;
        [
            (self.temperature.is_finite() && self.temperature >= 0.0, "temperature", "a number of at least 0"),
            (shares, "top_p", "above 0 and at most 1"),
            ((1..=1_000_000).contains(&self.max_tokens), "max_tokens", "between 1 and 1000000"),
            ((1..=1000).contains(&self.repeats), "repeats", "between 1 and 1000"),
            (self.stop.iter().all(|stop| !stop.is_empty()), "stop", "a list of texts that are not empty"),
        ]
        .into_iter()
        .find_map(|(fine, key, range)| (!fine).then_some((key, range)))
    }
}
