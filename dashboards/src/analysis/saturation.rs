//! Saturation, growth and regression: what a curve does after its rise.

use super::moments::{Z95, finite, line, mean, phi, slope_weights};
use serde::Serialize;

/// A last point is worse when noise explains it with at most this chance.
const P_REGRESSION: f64 = 0.01;
/// Smaller drops are not called a regression.
const MIN_DROP: f64 = 0.01;

/// Whether a curve still rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Trend {
    Rising,
    Saturated,
    Undecided,
    Unknown,
}

/// What the last quarter of a phase gained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saturation {
    /// The verdict.
    pub verdict: Trend,
    /// The gain behind it; `None` below four points.
    #[serde(flatten)]
    pub gain: Option<WindowGain>,
}

/// The gain over the last points of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WindowGain {
    /// Gain over the window along its least-squares line.
    pub gain: f64,
    /// Its standard error.
    pub se: f64,
    /// Points in the window.
    pub points: usize,
}

/// Whether a curve is saturated, from the points of *one phase*.
///
/// Over the last `m = max(4, ⌈T/4⌉)` points: least-squares line in log10 tokens, gain g = slope · span,
/// `s² = Σ w_k² (se_k² + wobble²)` with w = slope weights · span. `rising` if g − 1.96 s > 0, `saturated` if g + 1.96 s < .01.
/// `se` is the paired error to the neighbour / √2 (without item records the point's own); `wobble` that for contrasts. Points at
/// 0 tokens are left out. SPEC.md §5.
pub fn saturation(tokens: &[u64], score: &[f64], se: &[f64], wobble: f64) -> Saturation {
    let unknown = Saturation { verdict: Trend::Unknown, gain: None };
    let count = tokens.len().min(score.len()).min(se.len());
    let usable: Vec<usize> =
        (0..count).filter(|&k| tokens[k] > 0 && score[k].is_finite() && se[k].is_finite()).collect();
    let points = usable.len().div_ceil(4).max(4);
    let Some(start) = usable.len().checked_sub(points) else { return unknown };
    let window = &usable[start..];
    let x: Vec<f64> = window.iter().map(|&k| (tokens[k] as f64).log10()).collect();
    let span = x[points - 1] - x[0];
    let Some(weights) = slope_weights(&x) else { return unknown };
    let weights: Vec<f64> = weights.iter().map(|w| w * span).collect();
    let gain: f64 = window.iter().zip(&weights).map(|(&k, w)| w * score[k]).sum();
    let square: f64 = window.iter().zip(&weights).map(|(&k, w)| w * w * (se[k] * se[k] + wobble * wobble)).sum();
    let (Some(gain), Some(se)) = (finite(gain), finite(square.sqrt())) else { return unknown };
    let verdict = if gain - Z95 * se > 0.0 {
        Trend::Rising
    } else if gain + Z95 * se < 0.01 {
        Trend::Saturated
    } else {
        Trend::Undecided
    };
    Saturation { verdict, gain: Some(WindowGain { gain, se, points }) }
}

/// Steady growth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Gain per doubling of tokens.
    pub per_doubling: f64,
    /// Its standard error.
    pub se: f64,
}

impl Growth {
    /// Worth saying: the slope exceeds two standard errors.
    pub fn is_clear(&self) -> bool {
        self.per_doubling > 2.0 * self.se
    }
}

/// Least squares of score on log2 tokens, inside one phase; `None` below four points with tokens. RUN.md §13.
pub fn growth_per_doubling(tokens: &[u64], score: &[f64]) -> Option<Growth> {
    let usable = tokens.iter().zip(score).filter(|(tokens, score)| **tokens > 0 && score.is_finite());
    let (x, y): (Vec<f64>, Vec<f64>) = usable.map(|(tokens, score)| ((*tokens as f64).log2(), *score)).unzip();
    if x.len() < 4 {
        return None;
    }
    let line = line(&x, &y)?;
    Some(Growth { per_doubling: line.slope, se: line.slope_error? })
}

/// Whether the last point is worse than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum RegressionVerdict {
    Regressed,
    None,
    Unknown,
}

/// The last point against the earlier one that it is most surely worse than.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Regression {
    /// The drop behind the verdict; `None` with fewer than two points.
    #[serde(flatten)]
    pub drop: Option<Drop>,
    /// The verdict.
    pub verdict: RegressionVerdict,
}

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

/// Compares the last score with every earlier one.
///
/// `z_s = (y_s − y_T)/√(pair_se_s² + 2 wobble²)`, `p_s = min(1, (T−1)(1−Φ(z_s)))`; of the smallest p (the first on ties),
/// `regressed` if p ≤ .01 and the drop ≥ .01. `pair_se[s]` is the paired standard error of s against the last. SPEC.md §5.
pub fn regression(score: &[f64], pair_se: &[f64], wobble: f64) -> Regression {
    let mut worst: Option<Drop> = None;
    if let Some((&last, earlier)) = score.split_last() {
        let looks = earlier.len() as f64;
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
    }
    let verdict = match worst {
        None => RegressionVerdict::Unknown,
        Some(worst) if worst.p <= P_REGRESSION && worst.drop >= MIN_DROP => RegressionVerdict::Regressed,
        Some(_) => RegressionVerdict::None,
    };
    Regression { drop: worst, verdict }
}

/// Errors of single points from those of neighbours' paired differences: `√var / √2`, each point taking the pair before it.
pub fn point_errors(pair_var: &[f64]) -> Vec<f64> {
    let first = pair_var.first().copied();
    first.iter().chain(pair_var).map(|var| (var / 2.0).max(0.0).sqrt()).collect()
}

/// The mean of the last three scores at each point that has so many, for display inside one phase and branch. SPEC.md §10.
pub fn mean_of_three(score: &[f64]) -> Vec<Option<f64>> {
    let mean_to = |k: usize| k.checked_sub(2).and_then(|from| mean(&score[from..=k])).and_then(finite);
    (0..score.len()).map(mean_to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_scores_without_noise_are_no_regression() {
        assert_eq!(regression(&[0.5, 0.5], &[0.0], 0.0).verdict, RegressionVerdict::None);
    }

    #[test]
    fn growth_of_a_straight_line_is_its_slope() {
        let found = growth_per_doubling(&[1, 2, 4, 8], &[0.1, 0.2, 0.3, 0.4]).unwrap();
        assert!((found.per_doubling - 0.1).abs() < 1e-12 && found.is_clear());
    }

    proptest! {
        #[test]
        fn nonsense_gives_no_nan(score in prop::collection::vec(prop::num::f64::ANY, 0..12), wobble in prop::num::f64::ANY) {
            let tokens: Vec<u64> = (0..score.len() as u64).collect();
            let found = saturation(&tokens, &score, &score, wobble);
            prop_assert!(found.gain.is_none_or(|gain| gain.gain.is_finite() && gain.se.is_finite()));
            let found = regression(&score, &score, wobble);
            prop_assert!(found.drop.is_none_or(|drop| drop.p.is_finite() && drop.se.is_finite()));
            prop_assert!(growth_per_doubling(&tokens, &score).is_none_or(|g| g.per_doubling.is_finite()));
        }
    }
}
