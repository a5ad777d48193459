//! The fits between which an onset decides.

use serde::Serialize;

use super::curve::{Curve, Noise};
use super::isotonic::{bracket, crossing, isotonic};
use super::statistics::{finite, mean, median, phi};
use super::wobble::{Wobble, continuous_level, level, wobble};
use super::wobble_before::wobble_before;

/// The fitted curve and where it crosses the level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// Level minus chance.
    pub delta: f64,
    /// Indices of the curve's points that were fitted; of a lost ability those up to its last clear sight.
    pub points: Vec<usize>,
    /// The non-decreasing fit at each of them.
    pub isotonic: Vec<f64>,
    /// How sure it is that the ability was there by each of them: a confidence distribution of the onset.
    pub confidence: Vec<f64>,
    /// Tokens of the last point that is clearly below; `None`: no lower end.
    pub after: Option<u64>,
    /// Tokens of the first point that is clearly above; `None`: no upper end.
    pub by: Option<u64>,
    /// Tokens at which the fit first reaches the level.
    pub estimate: Option<f64>,
}

/// Standard deviations of the wobble before the point `came` and from it on. With fewer than two steps before it, or fewer than two
/// points from it on, the `pooled` one stands in. `level` is that of the first look.
pub(super) fn two_regimes(
    curve: &Curve,
    points: &[usize],
    y: &[f64],
    pooled: Wobble,
    came: Option<usize>,
    level: f64,
) -> (f64, f64) {
    let var = curve.item_diff_var.as_deref();
    let before = &y[..came.unwrap_or(y.len())];
    let known = var.and_then(|var| mean(&var[..before.len().saturating_sub(1).min(var.len())]));
    let at = |values: &[f64]| median(&points.iter().map(|&index| values[index]).collect::<Vec<_>>());
    let unknown = || match &curve.noise {
        Noise::Items(n) => at(n).map(|n| 2.0 * curve.chance * (1.0 - curve.chance) / n),
        Noise::StandardErrors(se) => at(se).map(|se| 2.0 * se * se),
    };
    let item = known.and_then(finite).or_else(unknown).unwrap_or(0.0);
    let since = came.filter(|came| y.len() - came >= 2);
    let after = since.map(|came| wobble(&y[came..], var.map(|var| &var[came.min(var.len())..])).sd);
    (wobble_before(before, item, level).unwrap_or(pooled.sd), after.unwrap_or(pooled.sd))
}

pub(super) fn level_of(curve: &Curve, points: &[usize], wobble_sd: f64) -> f64 {
    let at = |values: &[f64]| median(&points.iter().map(|&index| values[index]).collect::<Vec<_>>());
    match &curve.noise {
        Noise::Items(n) => at(n).map_or(f64::NAN, |n| level(curve.chance, n, wobble_sd)),
        Noise::StandardErrors(se) => at(se).map_or(f64::NAN, |se| continuous_level(curve.chance, se, wobble_sd)),
    }
}

pub(super) fn fit(curve: &Curve, points: &[usize], spread: &[f64], level: f64) -> Fit {
    let isotonic = isotonic(&curve.scores(points), &curve.weights(points));
    let ends = bracket(&isotonic, spread, level);
    let mut sure = 0.0_f64;
    let confidence = isotonic.iter().zip(spread).map(|(fit, spread)| {
        sure = sure.max(phi((fit - level) / spread));
        sure
    });
    let confidence = confidence.collect();
    let tokens = |point: Option<usize>| point.map(|point| curve.tokens[points[point]]);
    Fit {
        delta: level - curve.chance,
        confidence,
        after: tokens(ends.below),
        by: tokens(ends.above),
        estimate: crossing(&curve.tokens_at(points), &isotonic, level),
        isotonic,
        points: points.to_vec(),
    }
}
