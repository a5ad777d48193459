//! What a scorer found out: a log-likelihood for each request.

use super::log_softmax::TokenScore;
use super::trie::RequestTrie;

/// How probable a continuation is.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLikelihood {
    /// Sum of `per_token`.
    pub sum: f64,
    /// Whether every token is the most probable one (of equals, that with the lowest id).
    pub is_greedy: bool,
    /// The natural logarithm of each token's probability.
    pub per_token: Vec<f64>,
}

/// What is known of each request.
pub(super) struct RequestScores<'a> {
    starts: &'a [usize],
    log_probabilities: Vec<f64>,
    greedy: Vec<bool>,
    left: Vec<usize>, // tokens to come
    pub(super) done: usize,
}

impl<'a> RequestScores<'a> {
    pub(super) fn new(trie: &'a RequestTrie) -> Self {
        let (starts, tokens) = (&trie.starts[..], trie.starts[trie.requests()]);
        let left = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Self { starts, log_probabilities: vec![f64::NAN; tokens], greedy: vec![true; trie.requests()], left, done: 0 }
    }

    /// Notes one token, and gives the request's answer when it was the last.
    pub(super) fn take(&mut self, answer: &TokenScore) -> Option<(usize, LogLikelihood)> {
        let request = answer.question.request as usize;
        self.log_probabilities[self.starts[request] + answer.question.index as usize] = answer.log_probability;
        self.greedy[request] &= answer.is_greedy;
        self.left[request] -= 1;
        if self.left[request] > 0 {
            return None;
        }
        self.done += 1;
        Some((request, self.of(request)))
    }

    pub(super) fn of(&self, request: usize) -> LogLikelihood {
        let per_token = self.log_probabilities[self.starts[request]..self.starts[request + 1]].to_vec();
        LogLikelihood { sum: per_token.iter().sum(), is_greedy: self.greedy[request], per_token }
    }
}
