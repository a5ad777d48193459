//! Two models read the same texts at once, and what they expect next is compared token by token; what texts share is read once.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::divergence::{TokenShift, shift};
use super::neighbours::Neighbours;
use super::request::Request;
use super::trie::{LONGEST_STRETCH, check};
use crate::error::{Error, Result};
use crate::models::{LanguageModel, Sequence, Wanted};

/// Numbers of logits that are held at once, of each model.
const HELD: usize = 1 << 24;

/// Compares the distributions before each token of the continuations of `requests`, in their order.
///
/// Texts that begin alike are read one after the other, from what they share on: both models' states there are kept as long as they take no
/// more than `state_memory` bytes together, else the beginning is read again. `told` hears after each stretch how many tokens went through
/// the models, both together, and how many texts are done with it; it ends the comparison by breaking.
///
/// # Errors
/// Models of different vocabularies; a request without context or continuation; [`Error::Interrupted`] when `told` breaks; whatever the
/// models refuse; logits that are not finite.
pub fn shifts<M: LanguageModel>(
    models: [&M; 2],
    requests: &[Request],
    state_memory: u64,
    told: impl FnMut(u64, usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<TokenShift>>> {
    let [vocab, other] = models.map(LanguageModel::vocab_size);
    if vocab != other {
        return Err(Error::Request {
            request: 0,
            problem: format!("one model has a vocabulary of {vocab} tokens, the other of {other}"),
            mend: "compare two forms of one model".into(),
        });
    }
    for (number, request) in requests.iter().enumerate() {
        check(number, request)?;
    }
    let before: Vec<&[u32]> = requests.iter().map(|request| split(request).0).collect();
    let sorted = Neighbours::of(&before);
    let mut found = vec![Vec::new(); requests.len()];
    let mut reader = Reader { models, kept: Vec::new(), state_memory, told };
    for (place, &number) in sorted.order.iter().enumerate() {
        let forks = sorted.forks(place, sorted.shared[place]);
        found[number] = reader.text(&requests[number], sorted.shared[place], &forks)?;
    }
    Ok(found)
}

/// What is read before the first token whose distribution counts, and that token.
fn split(request: &Request) -> (&[u32], u32) {
    let (last, before) = request.context.split_last().expect("a context is checked to have tokens");
    (before, *last)
}

/// Two models that read texts one after the other.
struct Reader<'m, M: LanguageModel, F> {
    models: [&'m M; 2],
    /// States after beginnings of the text read last that others go on from, the shortest first.
    kept: Vec<Kept<M::State>>,
    state_memory: u64,
    told: F,
}

struct Kept<S> {
    states: [S; 2],
    depth: usize,
    bytes: u64,
}

impl<M: LanguageModel, F: FnMut(u64, usize) -> ControlFlow<()>> Reader<'_, M, F> {
    /// Reads a text that shares its first tokens with the one before, and keeps states at `forks`.
    fn text(&mut self, request: &Request, shared: usize, forks: &[usize]) -> Result<Vec<TokenShift>> {
        let (before, last) = split(request);
        self.kept.retain(|kept| kept.depth <= shared);
        let (mut depth, mut states) = match self.kept.last() {
            Some(kept) => (kept.depth, kept.states.clone()),
            None => (0, self.models.map(LanguageModel::new_state)),
        };
        for &fork in forks {
            self.read(&before[depth..fork], &mut states)?;
            depth = fork;
            let bytes = self.models.iter().map(|model| model.state_bytes(fork)).sum();
            let held: u64 = self.kept.iter().map(|kept| kept.bytes).sum();
            if held.saturating_add(bytes) <= self.state_memory {
                self.kept.push(Kept { states: states.clone(), depth, bytes });
            }
        }
        self.read(&before[depth..], &mut states)?;
        let inputs: Vec<u32> = std::iter::once(last).chain(request.continuation.iter().copied()).collect();
        self.compare(&inputs, before.len(), states)
    }

    /// Reads tokens of which nothing is asked.
    fn read(&mut self, tokens: &[u32], states: &mut [M::State; 2]) -> Result<()> {
        for tokens in tokens.chunks(LONGEST_STRETCH) {
            for (model, state) in self.models.iter().zip(&mut *states) {
                model.forward(&mut [Sequence { tokens, state, wanted: Wanted::Nothing, keep_state: true }])?;
            }
            self.tell(tokens.len(), 0)?;
        }
        Ok(())
    }

    /// Compares what the models expect after each of the tokens but the last, which begin at `position`.
    fn compare(&mut self, tokens: &[u32], position: usize, mut states: [M::State; 2]) -> Result<Vec<TokenShift>> {
        let (inputs, wanted) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        let rows = (HELD / self.models[0].vocab_size()).clamp(1, LONGEST_STRETCH);
        let mut found = Vec::with_capacity(wanted.len());
        for (tokens, wanted) in inputs.chunks(rows).zip(wanted.chunks(rows)) {
            let mut logits = Vec::with_capacity(2);
            for (model, state) in self.models.iter().zip(&mut states) {
                logits.extend(model.forward(&mut [Sequence {
                    tokens,
                    state,
                    wanted: Wanted::From(0),
                    keep_state: true,
                }])?);
            }
            let begin = position + found.len();
            let shifts = wanted.par_iter().enumerate().map(|(row, &token)| {
                shift([logits[0].row(row), logits[1].row(row)], token).ok_or(Error::Logits { position: begin + row })
            });
            found.extend(shifts.collect::<Result<Vec<_>>>()?);
            self.tell(tokens.len(), usize::from(found.len() == inputs.len()))?;
        }
        Ok(found)
    }

    /// Tells of tokens that both models have read.
    fn tell(&mut self, tokens: usize, texts: usize) -> Result<()> {
        if (self.told)(2 * tokens as u64, texts).is_break() { Err(Error::Interrupted) } else { Ok(()) }
    }
}
