//! Changes between checkpoints on the same items, and what of them may be called a change.

use std::hash::Hash;

use super::intervals::{clustered_se, mean_se};
use super::statistics::finite;

/// A weighted sum of checkpoints' mean scores, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// `Σ_k c_k · mean_i x_ki`.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
}

/// `C = Σ_k c_k · mean_i x_ki` over checkpoints scored on the same items: `items[k][i]`.
///
/// With `d_i = Σ_k c_k x_ki`: `SE² = SE(d)² + wobble² · Σ_k c_k²`. `wobble` is [`Wobble::for_contrast`](super::Wobble) to ask
/// whether checkpoints differ by more than they usually do, 0 to ask whether these two weights differ on items like these. Source
/// of the paired difference: Miller (2024), arXiv 2411.00640. `None` below two items, or when the lengths disagree.
pub fn contrast(weights: &[f64], items: &[&[f64]], wobble: f64) -> Option<Contrast> {
    let d = differences(weights, items)?;
    with_wobble(&d, mean_se(&d).1?, weights, wobble)
}

/// [`contrast`] where items of one cluster (`cluster[i]`) vary together; also `None` below two clusters.
pub fn clustered_contrast<C: Eq + Hash>(
    weights: &[f64],
    items: &[&[f64]],
    wobble: f64,
    cluster: &[C],
) -> Option<Contrast> {
    let d = differences(weights, items)?;
    with_wobble(&d, clustered_se(&d, cluster)?, weights, wobble)
}

fn differences(weights: &[f64], items: &[&[f64]]) -> Option<Vec<f64>> {
    let count = items.first()?.len();
    if weights.len() != items.len() || items.iter().any(|row| row.len() != count) || count < 2 {
        return None;
    }
    let sum = |i: usize| weights.iter().zip(items).map(|(c, row)| c * row[i]).sum();
    Some((0..count).map(sum).collect())
}

fn with_wobble(d: &[f64], se: f64, weights: &[f64], wobble: f64) -> Option<Contrast> {
    let squares: f64 = weights.iter().map(|c| c * c).sum();
    Some(Contrast { value: mean_se(d).0?, se: finite((se * se + wobble * wobble * squares).sqrt())? })
}

/// McNemar's exact test for 0/1 scores of two checkpoints: two-sided p from the items lost and gained.
///
/// `p = min(1, 2 · Binomial(losses + gains, ½).cdf(min(losses, gains)))`, summed from logarithms; 1 when nothing changed.
pub fn mcnemar_exact(losses: u64, gains: u64) -> f64 {
    let changed = losses + gains;
    if changed == 0 {
        return 1.0;
    }
    let n = changed as f64;
    let log_choose = |k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let tail: f64 = (0..=losses.min(gains)).map(|k| (log_choose(k as f64) - n * std::f64::consts::LN_2).exp()).sum();
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{benjamini_hochberg, holm};
    use proptest::prelude::*;

    #[test]
    fn one_item_is_no_difference() {
        assert_eq!(contrast(&[-1.0, 1.0], &[&[0.0], &[1.0]], 0.0), None);
        assert_eq!(contrast(&[-1.0, 1.0], &[&[0.0, 1.0], &[1.0]], 0.0), None);
        assert_eq!(contrast(&[], &[], 0.0), None);
    }

    #[test]
    fn items_that_never_change_have_no_error() {
        let same = [1.0, 0.0, 1.0];
        assert_eq!(contrast(&[-1.0, 1.0], &[&same, &same], 0.0), Some(Contrast { value: 0.0, se: 0.0 }));
    }

    proptest! {
        #[test]
        fn adjusted_values_never_fall_below_the_plain_ones(p in prop::collection::vec(0.0..=1.0_f64, 0..30)) {
            let (holm, bh) = (holm(&p), benjamini_hochberg(&p));
            for i in 0..p.len() {
                prop_assert!(p[i] <= bh[i] + 1e-15 && bh[i] <= holm[i] + 1e-15 && holm[i] <= 1.0);
            }
        }

        #[test]
        fn mcnemar_is_a_probability(losses in 0_u64..3000, gains in 0_u64..3000) {
            let p = mcnemar_exact(losses, gains);
            prop_assert!((0.0..=1.0).contains(&p) && (p - mcnemar_exact(gains, losses)).abs() < 1e-15);
        }
    }
}
