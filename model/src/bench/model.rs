//! What a model makes of the machine: prefill, decode, and where the time goes.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::layers::State;
use crate::models::{Clock, LanguageModel, Model, Part, Sequence, Wanted};

/// The speed of many tokens at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Prefill {
    /// Sequences in the batch, and tokens in each.
    pub sequences: usize,
    /// Tokens in each sequence.
    pub length: usize,
    /// Whether the logits of every token were computed, or none.
    pub logits: bool,
    /// Median time of the batch.
    pub elapsed: Duration,
    /// Tokens a second.
    pub tokens_per_second: f64,
    /// Floating-point operations a second; see [`LanguageModel::cost`].
    pub flops: f64,
    /// Time of each part in one run.
    pub parts: Vec<(Part, Duration)>,
}

/// The speed of one token after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Decode {
    /// Tokens before the first one measured.
    pub context: usize,
    /// From the text to the first token's logits: the prefill of the whole context.
    pub first_token: Duration,
    /// Median from one token's logits to the next.
    pub per_token: Duration,
    /// Bytes of weights, state, keys and values a second; see [`LanguageModel::cost`].
    pub bandwidth: f64,
    /// Bytes of the part of the state that does not grow.
    pub state_bytes: u64,
    /// Bytes of keys and values at this context.
    pub cache_bytes: u64,
    /// Time of each part over all tokens measured.
    pub parts: Vec<(Part, Duration)>,
}

/// Measures a batch of `sequences` texts of `length` tokens, `rounds` times after one that does not count.
///
/// # Errors
/// As [`LanguageModel::forward`].
pub fn prefill(model: &Model, sequences: usize, length: usize, logits: bool, rounds: usize) -> Result<Prefill> {
    let texts: Vec<Vec<u32>> = (0..sequences).map(|number| text(model, length, number)).collect();
    let mut times = Vec::new();
    let mut clock = Clock::stopped();
    for _ in 0..=rounds {
        clock = Clock::running();
        let start = Instant::now();
        let mut states: Vec<State> = texts.iter().map(|_| model.new_state()).collect();
        let wanted = if logits { Wanted::From(0) } else { Wanted::Nothing };
        let mut batch: Vec<Sequence<'_, State>> = (texts.iter().zip(&mut states))
            .map(|(tokens, state)| Sequence { tokens, state, wanted, keep_state: false })
            .collect();
        model.run(&mut batch, &clock)?;
        times.push(start.elapsed());
    }
    let elapsed = median(times);
    let flops: u64 = (0..length).map(|position| model.cost(position, logits).flops()).sum();
    let per_second = |amount: u64| (amount * sequences as u64) as f64 / elapsed.as_secs_f64();
    Ok(Prefill {
        sequences,
        length,
        logits,
        elapsed,
        tokens_per_second: per_second(length as u64),
        flops: per_second(flops),
        parts: clock.spent(),
    })
}

/// Measures `tokens` tokens one by one after `context` others.
///
/// # Errors
/// As [`LanguageModel::forward`].
pub fn decode(model: &Model, context: usize, tokens: usize) -> Result<Decode> {
    let text = text(model, context + tokens + 1, 0);
    let mut state = model.new_state();
    let mut forward = |tokens: &[u32], clock: &Clock| -> Result<Duration> {
        let start = Instant::now();
        let mut batch = [Sequence { tokens, state: &mut state, wanted: Wanted::Last, keep_state: true }];
        model.run(&mut batch, clock)?;
        Ok(start.elapsed())
    };
    let first_token = forward(&text[..context], &Clock::stopped())?;
    let clock = Clock::running();
    let mut times = Vec::with_capacity(tokens + 1);
    for token in text[context..].chunks(1) {
        times.push(forward(token, &clock)?);
    }
    let per_token = median(times);
    let fixed = model.state_bytes(0);
    Ok(Decode {
        context,
        first_token,
        per_token,
        bandwidth: model.cost(context, true).bytes as f64 / per_token.as_secs_f64(),
        state_bytes: fixed,
        cache_bytes: model.state_bytes(context) - fixed,
        parts: clock.spent(),
    })
}

/// The median of all but the first, which warms up.
fn median(mut times: Vec<Duration>) -> Duration {
    times.remove(0);
    times.sort();
    times[times.len() / 2]
}

/// Tokens of no meaning, the same for the same `number`.
fn text(model: &Model, length: usize, number: usize) -> Vec<u32> {
    let mut at = number as u64 + 1;
    let mut next = || {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((at >> 33) % model.vocab_size() as u64) as u32
    };
    (0..length).map(|_| next()).collect()
}
