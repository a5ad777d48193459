//! What a lettered task measures: format, selection and knowledge.

use serde::{Deserialize, Serialize};
use spyglass_tasks::metric::argmax;

use super::onset::{Onset, Status};
use super::sharpness::Shape;
use super::statistics::mean;

/// `log P(gold) = log M + log q`, averaged over items.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LetterDecomposition {
    /// Mean log M, the probability on any of the letters: format.
    pub log_mass: f64,
    /// Mean log q, the gold letter's part of it: selection.
    pub log_share: f64,
    /// Mean M.
    pub mass: f64,
    /// Mean q.
    pub share: f64,
    /// Share of items whose gold letter is the likeliest (ties: the first letter counts).
    pub accuracy: f64,
}

/// Splits the letters' log-probabilities over the whole vocabulary, `logp[item][letter]`, into format and selection.
///
/// M = sum over the letters of P(letter), q = P(gold)/M. The changes of the two means add up exactly to that of the mean
/// `log P(gold)`. `None` without items, with a gold that is not a letter, or with a log-probability that is not a finite number. METHODS.md §8.
pub fn letter_decomposition(logp: &[Vec<f64>], gold: &[usize]) -> Option<LetterDecomposition> {
    if logp.len() != gold.len() {
        return None;
    }
    let items: Option<Vec<[f64; 3]>> = logp.iter().zip(gold).map(|(logp, &gold)| one_item(logp, gold)).collect();
    let items = items?;
    let of = |pick: fn(&[f64; 3]) -> f64| mean(&items.iter().map(pick).collect::<Vec<_>>());
    Some(LetterDecomposition {
        log_mass: of(|item| item[0])?,
        log_share: of(|item| item[1])?,
        mass: of(|item| item[0].exp())?,
        share: of(|item| item[1].exp())?,
        accuracy: of(|item| item[2])?,
    })
}

/// log M, log q, and 1 where the gold letter is the likeliest.
fn one_item(logp: &[f64], gold: usize) -> Option<[f64; 3]> {
    let right = *logp.get(gold)?;
    if logp.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mass = log_sum_exp(logp);
    Some([mass, right - mass, f64::from(u8::from(argmax(logp.iter().copied()) == Some(gold)))])
}

/// `ln Σ exp(x)`, without overflow.
pub(crate) fn log_sum_exp(x: &[f64]) -> f64 {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + x.iter().map(|value| (value - top).exp()).sum::<f64>().ln()
}

/// What an onset says for the order of abilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Whether it came.
    pub status: Status,
    /// Lower end of its interval.
    pub after: Option<u64>,
    /// Upper end of its interval.
    pub by: Option<u64>,
}

impl From<&Onset> for Sighting {
    fn from(onset: &Onset) -> Self {
        Self { status: onset.status, after: onset.after(), by: onset.by() }
    }
}

/// What was missing last when a lettered task emerged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EmergenceKind {
    /// Letters and facts were there; binding the letter to the answer came last. Source: arXiv 2210.12353.
    Selection,
    /// The facts were there; answering in letters came last.
    Format,
    /// Letters were there; the facts came last.
    Knowledge,
    /// The brackets overlap.
    Unresolved,
    /// The lettered task has no onset.
    None,
}

/// Which part came last, from the onsets of the letters' mass (level .5), of the same questions asked without letters (cloze), and
/// of the lettered task. X lies before Y when `X.by ≤ Y.after`. METHODS.md §8.
pub fn emergence_kind(mass: Sighting, cloze: Sighting, lettered: Sighting) -> EmergenceKind {
    if lettered.by.is_none() || !matches!(lettered.status, Status::Emerged | Status::Lost | Status::AboveAtFirst) {
        return EmergenceKind::None;
    }
    let before = |x: Sighting| x.by.zip(lettered.after).is_some_and(|(by, after)| by <= after);
    match (before(mass), before(cloze)) {
        (true, true) => EmergenceKind::Selection,
        (false, true) if mass.by.is_some() => EmergenceKind::Format,
        (true, false) if cloze.by.is_some() => EmergenceKind::Knowledge,
        _ => EmergenceKind::Unresolved,
    }
}

/// Whether a jump is made by the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricEffect {
    /// The discrete metric jumps, the continuous one grows smoothly: the jump is the metric's.
    ThresholdEffect,
    /// Both jump.
    GenuineJump,
    /// The discrete metric itself is smooth.
    Smooth,
    /// It cannot be told.
    Unresolved,
    /// There is no rise.
    None,
}

/// Compares the shape of a discrete metric with that of a continuous one on the same items and checkpoints. Source: Schaeffer,
/// Miranda and Koyejo (2023), arXiv 2304.15004; METHODS.md §8.
pub fn metric_effect(discrete: Shape, continuous: Shape) -> MetricEffect {
    match (discrete, continuous) {
        (Shape::None, _) | (_, Shape::None) => MetricEffect::None,
        (Shape::Smooth, _) => MetricEffect::Smooth,
        (Shape::Sharp, Shape::Smooth) => MetricEffect::ThresholdEffect,
        (Shape::Sharp, Shape::Sharp) => MetricEffect::GenuineJump,
        _ => MetricEffect::Unresolved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_two_parts_add_up(logp in prop::collection::vec(prop::collection::vec(-30.0..0.0_f64, 4), 1..20)) {
            let gold: Vec<usize> = (0..logp.len()).map(|item| item % 4).collect();
            let found = letter_decomposition(&logp, &gold).unwrap();
            let whole: f64 = logp.iter().zip(&gold).map(|(p, g)| p[*g]).sum::<f64>() / logp.len() as f64;
            prop_assert!((found.log_mass + found.log_share - whole).abs() < 1e-9);
        }
    }

    #[test]
    fn broken_items_give_no_number() {
        assert_eq!(letter_decomposition(&[], &[]), None);
        assert_eq!(letter_decomposition(&[vec![-1.0, -2.0]], &[2]), None);
        assert_eq!(letter_decomposition(&[vec![f64::NAN, -2.0]], &[0]), None);
    }
}
