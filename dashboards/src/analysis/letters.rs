//! What a lettered task measures: format, selection and knowledge.

use serde::Serialize;
use spyglass_tasks::metric::argmax;

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
