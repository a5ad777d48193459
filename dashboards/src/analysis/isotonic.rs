//! The best non-decreasing curve through the scores, and where it crosses a level.

use super::confidence::Z95;
use super::statistics::finite;

/// Weighted least-squares fit of a non-decreasing sequence, by pooling adjacent violators.
///
/// Source: Ayer, Brunk, Ewing, Reid and Silverman (1955). Weights must be positive; a missing one is 1.
pub fn isotonic(y: &[f64], weights: &[f64]) -> Vec<f64> {
    struct Block {
        sum: f64,
        weight: f64,
        points: usize,
    }
    let mut blocks: Vec<Block> = Vec::with_capacity(y.len());
    for (index, &value) in y.iter().enumerate() {
        let weight = weights.get(index).copied().filter(|w| w.is_finite() && *w > 0.0).unwrap_or(1.0);
        let mut block = Block { sum: value * weight, weight, points: 1 };
        while let Some(before) = blocks.pop_if(|before| before.sum / before.weight > block.sum / block.weight) {
            block = Block {
                sum: before.sum + block.sum,
                weight: before.weight + block.weight,
                points: before.points + block.points,
            };
        }
        blocks.push(block);
    }
    blocks.iter().flat_map(|block| std::iter::repeat_n(block.sum / block.weight, block.points)).collect()
}

/// The last point of the clear start below a level, and the first point clearly above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bracket {
    /// Last k such that `fit_j < level − 1.96 spread_j` for all j ≤ k.
    pub(crate) below: Option<usize>,
    /// First k with `fit_k > level + 1.96 spread_k`.
    pub(crate) above: Option<usize>,
}

/// Between which points the fit crosses `level`, when each point wavers by `spread`.
pub(crate) fn bracket(fit: &[f64], spread: &[f64], level: f64) -> Bracket {
    let points = || fit.iter().zip(spread);
    let below = points().take_while(|(fit, spread)| **fit < level - Z95 * **spread).count();
    Bracket { below: below.checked_sub(1), above: points().position(|(fit, spread)| *fit > level + Z95 * spread) }
}

/// Tokens at which the fit first reaches `level`: geometric between two points (linear from 0 tokens), the first point's when it
/// begins there; `None` when it never does.
pub(crate) fn crossing(tokens: &[u64], fit: &[f64], level: f64) -> Option<f64> {
    let index = fit.iter().position(|value| *value >= level)?;
    let after = *tokens.get(index)? as f64;
    let Some(last) = index.checked_sub(1) else { return Some(after) };
    let before = tokens[last] as f64;
    let share = (level - fit[last]) / (fit[index] - fit[last]);
    finite(if before == 0.0 { after * share } else { before * (after / before).powf(share) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bracket_lies_around_the_rise() {
        let fit = [0.25, 0.26, 0.4, 0.6];
        assert_eq!(bracket(&fit, &[0.01; 4], 0.3), Bracket { below: Some(1), above: Some(2) });
        assert_eq!(bracket(&fit, &[0.3; 4], 0.3), Bracket { below: None, above: None });
    }

    #[test]
    fn a_crossing_is_even_in_log_tokens() {
        let close = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 1e-9 * wanted;
        assert!(close(crossing(&[100, 400], &[0.0, 1.0], 0.5), 200.0));
        assert!(close(crossing(&[0, 400], &[0.0, 1.0], 0.5), 200.0));
        assert_eq!(crossing(&[100, 400], &[0.0, 0.2], 0.5), None);
    }

    proptest! {
        #[test]
        fn a_fit_never_falls_and_keeps_the_mean(y in prop::collection::vec(-1.0..1.0_f64, 1..40)) {
            let fit = isotonic(&y, &[]);
            prop_assert!(fit.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            prop_assert!((fit.iter().sum::<f64>() - y.iter().sum::<f64>()).abs() < 1e-9);
        }
    }
}
