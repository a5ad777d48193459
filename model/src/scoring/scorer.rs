//! Log-likelihoods of continuations: each distinct prefix computed once, its state forked, in tall batches.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::request::ScorerOptions;
use super::schedule::Walk;
use super::scores::{LogLikelihood, RequestScores};
use super::trie::{Fork, RequestTrie};
use crate::error::{Error, Result};
use crate::models::LanguageModel;

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
        self.run_with_forks(trie, &HashSet::new(), |report, _| progress(report))
    }

    /// The same, where `progress` gets copies of the states after some forks, too, each with the batch that first came by: whoever asks for
    /// more than log-likelihoods after a text need not read it again.
    ///
    /// # Errors
    /// As [`Scorer::run`].
    pub fn run_with_forks(
        &self,
        trie: &RequestTrie,
        forks: &HashSet<Fork>,
        mut progress: impl FnMut(&Progress<'_>, Vec<(Fork, M::State)>) -> ControlFlow<()>,
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
            let (scores, states) = walk.compute(batch, forks)?;
            for answer in scores {
                finished.extend(answers.take(&answer));
            }
            let report = Progress {
                tokens_done: walk.tokens_done,
                tokens_total: trie.tokens_computed(),
                requests_done: answers.done,
                requests_total: trie.requests(),
                finished: &finished,
            };
            if progress(&report, states).is_break() {
                return Err(Error::Interrupted);
            }
        }
        Ok((0..trie.requests()).map(|request| answers.of(request)).collect())
    }
}
