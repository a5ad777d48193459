//! How far two models differ in what they expect next, token by token of the same texts.

use rayon::prelude::*;

use super::log_softmax::Row;
use super::request::Request;
use crate::error::{Error, Result};
use crate::models::{LanguageModel, Sequence, Wanted};

/// Numbers of logits that are held at once, of each model.
const HELD: usize = 1 << 24;

/// What changed at one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenShift {
    /// Kullback-Leibler divergence of the second distribution from the first, in nats: Σ p₁ (ln p₁ − ln p₂).
    pub divergence: f64,
    /// Natural logarithm of the probability of the token that stands in the text.
    pub log_probabilities: [f64; 2],
    /// Whether one token is the most probable in both (of equals that with the lowest id).
    pub same_best: bool,
}

/// Compares the distributions before each token of the continuations of `requests`, from the first on, up to `most` tokens in all.
///
/// # Errors
/// Models of different vocabularies; whatever they refuse; logits that are not finite.
pub fn shifts<M: LanguageModel>(models: [&M; 2], requests: &[Request], most: usize) -> Result<Vec<Vec<TokenShift>>> {
    let [vocab, other] = models.map(LanguageModel::vocab_size);
    if vocab != other {
        return Err(Error::Request {
            request: 0,
            problem: format!("one model has a vocabulary of {vocab} tokens, the other of {other}"),
            mend: "compare two forms of one model".into(),
        });
    }
    let mut all = Vec::new();
    let mut left = most;
    for (number, request) in requests.iter().enumerate() {
        let wanted = &request.continuation[..request.continuation.len().min(left)];
        if wanted.is_empty() {
            break;
        }
        left -= wanted.len();
        all.push(of_text(models, number, &request.context, wanted)?);
    }
    Ok(all)
}

fn of_text<M: LanguageModel>(
    models: [&M; 2],
    number: usize,
    context: &[u32],
    wanted: &[u32],
) -> Result<Vec<TokenShift>> {
    let Some((&last, before)) = context.split_last() else {
        let (problem, mend) = ("has no context".into(), "give at least one token before what is scored".into());
        return Err(Error::Request { request: number, problem, mend });
    };
    let tokens: Vec<u32> = std::iter::once(last).chain(wanted.iter().copied()).collect();
    let mut states = models.map(LanguageModel::new_state);
    for (model, state) in models.iter().zip(&mut states) {
        if !before.is_empty() {
            model.forward(&mut [Sequence { tokens: before, state, wanted: Wanted::Nothing, keep_state: true }])?;
        }
    }
    let rows = (HELD / models[0].vocab_size()).max(1);
    let mut found = Vec::with_capacity(wanted.len());
    for (piece, inputs) in wanted.chunks(rows).zip(tokens[..wanted.len()].chunks(rows)) {
        let mut logits = Vec::with_capacity(2);
        for (model, state) in models.iter().zip(&mut states) {
            let asked = Sequence { tokens: inputs, state, wanted: Wanted::From(0), keep_state: true };
            logits.extend(model.forward(&mut [asked])?);
        }
        let position = context.len() - 1 + found.len();
        let shifts = piece.par_iter().enumerate().map(|(row, &token)| {
            shift([logits[0].row(row), logits[1].row(row)], token).ok_or(Error::Logits { position: position + row })
        });
        found.extend(shifts.collect::<Result<Vec<_>>>()?);
    }
    Ok(found)
}

/// The change from one row of logits to another; `None` when one is not finite.
fn shift(logits: [&[f32]; 2], token: u32) -> Option<TokenShift> {
    let [first, second] = [Row::new(logits[0])?, Row::new(logits[1])?];
    let divergence = (0..logits[0].len() as u32).map(|token| {
        let log = first.log_probability(token);
        log.exp() * (log - second.log_probability(token))
    });
    Some(TokenShift {
        divergence: divergence.sum::<f64>().max(0.0), // what rounding leaves below is nothing
        log_probabilities: [&first, &second].map(|row| row.log_probability(token)),
        same_best: first.best == second.best,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divergence_is_that_of_its_definition() {
        let vocab = 997;
        let row = |seed: u32| -> Vec<f32> {
            (0..vocab).map(|at: u32| ((at * 37 + seed) % 101) as f32 / 9.0 - (at % seed) as f32 / 50.0).collect()
        };
        for (a, b) in [(row(3), row(7)), (row(3), row(3)), (row(11), row(2)), (vec![60.0; 997], row(5))] {
            let probabilities = |logits: &[f32]| -> Vec<f64> {
                let all: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
                logits.iter().map(|&x| f64::from(x).exp() / all).collect()
            };
            let (p, q) = (probabilities(&a), probabilities(&b));
            let expected: f64 = p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum();
            let found = shift([&a, &b], 5).unwrap();
            assert!((found.divergence - expected).abs() < 1e-6, "{} {expected}", found.divergence);
            assert!((found.log_probabilities[1] - q[5].ln()).abs() < 1e-9);
        }
        assert_eq!(shift([&[0.0, f32::NAN], &[0.0, 1.0]], 0), None);
    }
}
