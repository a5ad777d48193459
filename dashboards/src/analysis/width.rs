//! How wide a rise is.

use serde::Serialize;

use super::curve::Curve;
use super::fit::Fit;
use super::isotonic::{Bracket, bracket, crossing};
use super::statistics::finite;

/// How high a curve rose, and in how large steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rise {
    /// Last fitted value minus chance.
    pub rise: f64,
    /// `±(max−min)/√median(D²)`, + when the highest score comes after the lowest; `None` when the median is 0. It grows with the
    /// number of checkpoints: never compare it between runs. Source: BIG-bench, arXiv 2206.04615.
    pub emergence_score: Option<f64>,
    /// The largest step of the fit as a share of the rise.
    pub largest_step_share: Option<f64>,
}

/// Decades of tokens from a fifth to four fifths of a rise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Width {
    /// Best guess, `log10(t_80/t_20)`.
    pub width: Option<f64>,
    /// It is at least this wide.
    pub width_min: f64,
    /// It is at most this wide; `None` when that cannot be told.
    pub width_max: Option<f64>,
}

pub(super) fn width(curve: &Curve, fit: &Fit, height: f64, wobble_sd: f64) -> Width {
    let tokens = curve.tokens_at(&fit.points);
    let at = |share: f64| {
        let level = curve.chance + share * height;
        let spread: Vec<f64> = fit.points.iter().map(|&index| curve.spread(index, level, wobble_sd)).collect();
        (bracket(&fit.isotonic, &spread, level), crossing(&tokens, &fit.isotonic, level))
    };
    let ((low, t_20), (high, t_80)) = (at(0.2), at(0.8));
    let decades = |from: Option<f64>, to: Option<f64>| match (from, to) {
        (Some(from), Some(to)) if from > 0.0 && to > 0.0 => finite((to / from).log10()),
        _ => None,
    };
    let seen = |point: Option<usize>| point.map(|point| tokens[point] as f64);
    let between = |from: Option<usize>, to: Option<usize>| decades(seen(from), seen(to));
    let Bracket { below: a_20, above: b_20 } = low;
    let Bracket { below: a_80, above: b_80 } = high;
    Width {
        width: decades(t_20, t_80),
        width_min: between(b_20, a_80).unwrap_or(0.0).max(0.0),
        width_max: between(a_20, b_80),
    }
}
