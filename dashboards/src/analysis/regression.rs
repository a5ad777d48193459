//! Regression: whether the last point of a curve is worse than an earlier one.

use serde::Serialize;

use super::statistics::phi;

/// Smaller drops are not called a regression.
const MIN_DROP: f64 = 0.01;

/// A drop between an earlier point and the last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drop {
    /// Index of the earlier point.
    pub from: usize,
    /// Its score minus the last one.
    pub drop: f64,
    /// Standard error of the drop, wobble included.
    pub se: f64,
    /// Chance of such a drop by noise, corrected for the number of earlier points.
    pub p: f64,
}

impl Drop {
    /// Worth an alarm: noise explains it with a chance of at most `p`, and it is no trifle.
    pub fn is_clear(&self, p: f64) -> bool {
        self.p <= p && self.drop >= MIN_DROP
    }
}

/// The drop from an earlier score to the last one that noise explains least; `None` with fewer than two points.
///
/// `z_s = (y_s − y_T)/√(pair_se_s² + 2 wobble²)`, `p_s = min(1, (T−1)(1−Φ(z_s)))`; of the smallest p the first. `pair_se[s]` is the
/// paired standard error of s against the last. METHODS.md §5.
pub fn worst_drop(score: &[f64], pair_se: &[f64], wobble: f64) -> Option<Drop> {
    let (&last, earlier) = score.split_last()?;
    let looks = earlier.len() as f64;
    let mut worst: Option<Drop> = None;
    for (from, (&y, &pair)) in earlier.iter().zip(pair_se).enumerate() {
        let (drop, se) = (y - last, (pair * pair + 2.0 * wobble * wobble).sqrt());
        if !drop.is_finite() || !se.is_finite() {
            continue;
        }
        let z = if drop == 0.0 { 0.0 } else { drop / se };
        let p = (looks * phi(-z)).min(1.0);
        if worst.is_none_or(|worst| p < worst.p) {
            worst = Some(Drop { from, drop, se, p });
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_scores_without_noise_are_no_regression() {
        assert!(!worst_drop(&[0.5, 0.5], &[0.0], 0.0).unwrap().is_clear(0.02));
    }

    proptest! {
        #[test]
        fn nonsense_gives_no_nan(score in prop::collection::vec(prop::num::f64::ANY, 0..12), wobble in prop::num::f64::ANY) {
            let found = worst_drop(&score, &score, wobble);
            prop_assert!(found.is_none_or(|drop| drop.p.is_finite() && drop.se.is_finite()));
        }
    }
}
