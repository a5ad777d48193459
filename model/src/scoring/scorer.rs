//! Log-likelihoods of continuations: each distinct prefix computed once, its state forked, in tall batches.

use std::ops::ControlFlow;

use super::log_softmax::TokenScore;
use super::request::ScorerOptions;
use super::schedule::Walk;
use super::trie::RequestTrie;
use crate::error::{Error, Result};
use crate::models::LanguageModel;

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

/// How far a run is.
#[derive(Debug)]
pub struct Progress<'a> {
    /// Tokens computed; more than `tokens_total` at the end when memory was short and prefixes were computed again.
    pub tokens_done: u64,
    /// [`RequestTrie::tokens_computed`].
    pub tokens_total: u64,
    /// Requests answered.
    pub requests_done: usize,
    /// Requests of the trie.
    pub requests_total: usize,
    /// The requests answered since the last report, by their index.
    pub finished: &'a [(usize, LogLikelihood)],
}

/// Answers requests with a model.
#[derive(Debug)]
pub struct Scorer<'m, M> {
    model: &'m M,
    options: ScorerOptions,
}

impl<'m, M: LanguageModel> Scorer<'m, M> {
    /// A scorer for `model`.
    pub fn new(model: &'m M, options: ScorerOptions) -> Self {
        Self { model, options }
    }

    /// Answers all requests of `trie`, in their order. `progress` is called after every batch and ends the run by breaking.
    ///
    /// # Errors
    /// [`Error::StateMemory`] when the budget is smaller than one state, [`Error::Token`] for a token that the model does not
    /// know, [`Error::Logits`] when the model gives numbers that are not finite, [`Error::Interrupted`] when `progress`
    /// breaks, and whatever the model refuses.
    pub fn run(
        &self,
        trie: &RequestTrie,
        mut progress: impl FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<LogLikelihood>> {
        let vocab = self.model.vocab_size();
        if let Some(token) = trie.largest_token().filter(|&token| token as usize >= vocab) {
            return Err(Error::Token { token, vocab });
        }
        let needed = trie.largest_state(|position| self.model.state_bytes(position));
        if needed > self.options.state_memory {
            return Err(Error::StateMemory { given: self.options.state_memory, needed });
        }
        let mut answers = RequestScores::new(trie);
        let mut walk = Walk::new(self.model, trie, self.options);
        while let Some(batch) = walk.next_batch() {
            let mut finished = Vec::new();
            for answer in walk.compute(batch)? {
                finished.extend(answers.take(&answer));
            }
            let report = Progress {
                tokens_done: walk.tokens_done,
                tokens_total: trie.tokens_computed(),
                requests_done: answers.done,
                requests_total: trie.requests(),
                finished: &finished,
            };
            if progress(&report).is_break() {
                return Err(Error::Interrupted);
            }
        }
        Ok((0..trie.requests()).map(|request| answers.of(request)).collect())
    }
}

/// What is known of each request.
struct RequestScores<'a> {
    starts: &'a [usize],
    log_probabilities: Vec<f64>,
    greedy: Vec<bool>,
    left: Vec<usize>, // tokens to come
    done: usize,
}

impl<'a> RequestScores<'a> {
    fn new(trie: &'a RequestTrie) -> Self {
        let (starts, tokens) = (&trie.starts[..], trie.starts[trie.requests()]);
        let left = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Self { starts, log_probabilities: vec![f64::NAN; tokens], greedy: vec![true; trie.requests()], left, done: 0 }
    }

    /// Notes one token, and gives the request's answer when it was the last.
    fn take(&mut self, answer: &TokenScore) -> Option<(usize, LogLikelihood)> {
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

    fn of(&self, request: usize) -> LogLikelihood {
        let per_token = self.log_probabilities[self.starts[request]..self.starts[request + 1]].to_vec();
        LogLikelihood { sum: per_token.iter().sum(), is_greedy: self.greedy[request], per_token }
    }
}
