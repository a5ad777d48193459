//! What a model has read of a conversation: earlier turns are not computed again.

use spyglass_model::{Error, Generated, LanguageModel, Model, Sequence, State, Wanted};

use crate::Result;
use crate::progress::Traced;

/// The tokens that a model has read and the state they left behind.
#[derive(Debug)]
pub(super) struct PrefixCache<'m> {
    model: Traced<'m, Model>,
    read: Vec<u32>,
    state: State,
    /// Where turns began: how much was read by then, and the state; shortest first.
    marks: Vec<(usize, State)>,
    /// Tokens that went through the model.
    pub(super) computed: u64,
}

impl<'m> PrefixCache<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        Self { model: Traced(model), read: Vec::new(), state: model.new_state(), marks: Vec::new(), computed: 0 }
    }

    /// The tokens read so far, and what they left behind.
    pub(super) fn so_far(&self) -> (&[u32], State) {
        (&self.read, self.state.clone())
    }

    /// Goes on to the end of `tokens`, and gives the number of tokens that had been read before and are given up.
    ///
    /// Where what was read is not a prefix of `tokens` (the text of a reply may be tokenised otherwise once more text follows),
    /// it goes back to the latest turn that still is one: a recurrent state cannot unread a token.
    ///
    /// # Errors
    /// Whatever the model refuses.
    pub(super) fn attend(&mut self, tokens: &[u32]) -> Result<usize> {
        let before = self.read.len();
        if !tokens.starts_with(&self.read) {
            let fits = |(length, _): &&(usize, State)| tokens.starts_with(&self.read[..*length]);
            let mark = self.marks.iter().rev().find(fits).cloned();
            let (length, state) = mark.unwrap_or_else(|| (0, self.model.new_state()));
            self.read.truncate(length);
            self.state = state;
            self.marks.retain(|(mark, _)| *mark <= length);
        }
        let given_up = before - self.read.len();
        let new = &tokens[self.read.len()..];
        if !new.is_empty() {
            let sequence = Sequence { tokens: new, state: &mut self.state, wanted: Wanted::Nothing, keep_state: true };
            self.model.forward(&mut [sequence])?;
            self.read.extend_from_slice(new);
            self.computed += new.len() as u64;
        }
        self.marks.push((self.read.len(), self.state.clone()));
        Ok(given_up)
    }

    /// Mean log-likelihood per token of each continuation after the text so far and `last`, which is not read yet.
    ///
    /// # Errors
    /// The model's numbers are not finite, or it refuses.
    pub(super) fn score(&mut self, last: u32, continuations: &[Vec<u32>]) -> Result<Vec<f64>> {
        let texts = continuations.iter().map(|tokens| [&[last], &tokens[..tokens.len() - 1]].concat());
        let texts: Vec<Vec<u32>> = texts.collect();
        let mut states = vec![self.state.clone(); texts.len()];
        let leaf = |(tokens, state)| Sequence { tokens, state, wanted: Wanted::From(0), keep_state: false };
        let mut batch: Vec<_> = texts.iter().map(Vec::as_slice).zip(&mut states).map(leaf).collect();
        let logits = self.model.forward(&mut batch)?;
        self.computed += texts.iter().map(Vec::len).sum::<usize>() as u64;
        let scores = continuations.iter().zip(&logits).map(|(tokens, logits)| {
            let mut sum = 0.0;
            for (index, token) in tokens.iter().enumerate() {
                let position = self.read.len() + index;
                sum += logits.log_probability(index, *token).ok_or(Error::Logits { position })?;
            }
            Ok(sum / tokens.len() as f64)
        });
        scores.collect()
    }

    /// Takes over what the model has said after `last`.
    pub(super) fn take(&mut self, last: u32, generated: &Generated<State>) {
        self.read.push(last);
        self.read.extend_from_slice(&generated.ids[..generated.ids_read]);
        self.state = generated.state.clone();
        self.computed += 1 + generated.ids_read as u64;
    }
}
