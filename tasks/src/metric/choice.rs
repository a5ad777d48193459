//! Metrics of an item's choices.

use super::{Scored, one};
use crate::record::{ChoiceRecord, ItemRecord};

/// The choices and the index of the right one.
fn choices(record: &ItemRecord) -> Result<(&[ChoiceRecord], usize), &'static str> {
    if record.choices.is_empty() {
        return Err("choices");
    }
    if record.gold >= record.choices.len() {
        return Err("a right answer among its choices");
    }
    if !record.choices.iter().all(|choice| choice.logprob.is_finite()) {
        return Err("log-likelihoods that are numbers");
    }
    Ok((&record.choices, record.gold))
}

/// Index of the largest value; the first of equals, as numpy's `argmax`.
pub fn argmax(values: impl Iterator<Item = f64>) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, value) in values.enumerate() {
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// ln Σ exp(x), the largest taken out first so that nothing overflows.
fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    most + values.map(|value| (value - most).exp()).sum::<f64>().ln()
}

/// 1 where the choice with the largest `value` is the right one.
fn right(record: &ItemRecord, value: impl Fn(&ChoiceRecord) -> f64) -> Scored {
    let (choices, gold) = choices(record)?;
    one(f64::from(argmax(choices.iter().map(value)) == Some(gold)))
}

/// A single choice is a plain log-likelihood: it is right when every token of it is the likeliest one.
fn single(record: &ItemRecord) -> Option<&ChoiceRecord> {
    match record.choices.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

pub(super) fn acc(record: &ItemRecord) -> Scored {
    match single(record) {
        Some(only) => one(f64::from(only.is_greedy)),
        None => right(record, |choice| choice.logprob),
    }
}

pub(super) fn acc_norm(record: &ItemRecord) -> Scored {
    by_length(record, |choice| choice.chars)
}

pub(super) fn acc_bytes(record: &ItemRecord) -> Scored {
    by_length(record, |choice| choice.bytes)
}

fn by_length(record: &ItemRecord, length: impl Fn(&ChoiceRecord) -> usize) -> Scored {
    if let Some(only) = single(record) {
        return one(f64::from(only.is_greedy));
    }
    // lm-evaluation-harness divides by zero here: an empty choice is never the one picked.
    let per_unit = |choice: &ChoiceRecord| match length(choice) {
        0 => f64::NEG_INFINITY,
        length => choice.logprob / length as f64,
    };
    right(record, per_unit)
}

/// argmax of ln P(choice | context) − ln P(choice), the pointwise mutual information.
pub(super) fn acc_mutual_info(record: &ItemRecord) -> Scored {
    if record.choices.iter().any(|choice| choice.unconditional.is_none()) {
        return Err("the choices' log-likelihoods after an empty context");
    }
    right(record, |choice| choice.logprob - choice.unconditional.unwrap_or_default())
}

pub(super) fn exact_match(record: &ItemRecord) -> Scored {
    if let Some(reply) = &record.generation {
        return one(f64::from(reply.targets.contains(&reply.filtered)));
    }
    let (choices, gold) = choices(record)?;
    one(f64::from(choices[gold].is_greedy))
}

/// Share of the targets that occur in the reply, whatever their case, none as a part of a longer word or number. As RULER matches strings
/// (arXiv:2404.06654), but for that.
pub(super) fn recall(record: &ItemRecord) -> Scored {
    let reply = record.generation.as_ref().ok_or("a reply")?;
    let text = reply.filtered.to_lowercase();
    let found = reply.targets.iter().filter(|target| holds(&text, &target.to_lowercase())).count();
    if reply.targets.is_empty() { Ok(None) } else { one(found as f64 / reply.targets.len() as f64) }
}

/// Whether `word` occurs in `text` with nothing of a word or number right before or after it.
fn holds(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

/// Σ over choices of (p − [right])², p the softmax of the log-likelihoods. Source: Brier (1950), per document, so that
/// documents may differ in their number of choices.
pub(super) fn brier_score(record: &ItemRecord) -> Scored {
    let (choices, gold) = choices(record)?;
    let total = log_sum_exp(choices.iter().map(|choice| choice.logprob));
    let term =
        |(index, choice): (usize, &ChoiceRecord)| ((choice.logprob - total).exp() - f64::from(index == gold)).powi(2);
    one(choices.iter().enumerate().map(term).sum())
}

pub(super) fn p_gold(record: &ItemRecord) -> Scored {
    log_selection(record).and_then(|log_q| one(log_q.exp()))
}

/// ln q, q = P(gold) / Σ P(choice).
pub(super) fn selection(record: &ItemRecord) -> Scored {
    log_selection(record).and_then(one)
}

fn log_selection(record: &ItemRecord) -> Result<f64, &'static str> {
    let (choices, gold) = choices(record)?;
    Ok(choices[gold].logprob - log_sum_exp(choices.iter().map(|choice| choice.logprob)))
}

pub(super) fn margin(record: &ItemRecord) -> Scored {
    let (choices, gold) = choices(record)?;
    let wrong = choices.iter().enumerate().filter(|(index, _)| *index != gold).map(|(_, choice)| choice.logprob);
    match wrong.reduce(f64::max) {
        Some(best_wrong) => one(choices[gold].logprob - best_wrong),
        None => Ok(None),
    }
}

pub(super) fn parrot_margin(record: &ItemRecord) -> Scored {
    if record.choices.len() == 2 { margin(record) } else { Err("exactly two choices") }
}

pub(super) fn option_mass(record: &ItemRecord) -> Scored {
    log_mass(record)?.map_or(Ok(None), |mass| one(mass.exp()))
}

pub(super) fn log_option_mass(record: &ItemRecord) -> Scored {
    log_mass(record)?.map_or(Ok(None), one)
}

/// ln Σ P(choice) over the whole vocabulary. Only single tokens exclude each other, so longer choices have no such sum.
fn log_mass(record: &ItemRecord) -> Result<Option<f64>, &'static str> {
    let (choices, _) = choices(record)?;
    let letters = choices.iter().all(|choice| choice.tokens == 1);
    Ok(letters.then(|| log_sum_exp(choices.iter().map(|choice| choice.logprob))))
}

/// Negative log-likelihood of the right choice, nats.
pub(super) fn loss(record: &ItemRecord) -> Scored {
    let (choices, gold) = choices(record)?;
    one(-choices[gold].logprob)
}

/// Negative log-likelihood of the right choice in bits per UTF-8 byte.
pub(super) fn bits_per_byte(record: &ItemRecord) -> Scored {
    let (choices, gold) = choices(record)?;
    match choices[gold].bytes {
        0 => Err("a right choice of at least one byte"),
        bytes => one(-choices[gold].logprob / (std::f64::consts::LN_2 * bytes as f64)),
    }
}
#[cfg(test)]
mod tests;
