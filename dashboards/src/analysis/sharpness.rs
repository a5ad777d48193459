//! Sharp or smooth: how wide a rise is, in decades of tokens.

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::isotonic::isotonic;
use super::onset::{Onset, onset};
use super::statistics::{finite, median};
use super::width::{Rise, Width, width};

/// One doubling of tokens, in decades.
const SHARP: f64 = std::f64::consts::LOG10_2;

/// How a rise looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Surely within one doubling of tokens.
    Sharp,
    /// Surely over more than one doubling.
    Smooth,
    /// The checkpoints cannot tell.
    Unresolved,
    /// There is no rise to speak of.
    None,
}

/// The rise of a curve *so far*: its top is the last fitted value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sharpness {
    /// Height and steps; `None` where nothing was fitted.
    #[serde(flatten)]
    pub rise: Option<Rise>,
    /// The verdict.
    pub verdict: Shape,
    /// How wide the rise is; `None` where there is none.
    #[serde(flatten)]
    pub width: Option<Width>,
}

/// Whether the rise behind an onset is sharp (within one doubling of tokens) or smooth.
///
/// With the rise A = last fitted value − chance, each of the levels `chance + .2 A` and `chance + .8 A` is bracketed as an onset
/// is; the width lies between `log10(tok[a_80]/tok[b_20])` and `log10(tok[b_80]/tok[a_20])`. `sharp` when surely at most log10 2,
/// `smooth` when surely more. No verdict unless the ability came ([`Onset::came`]) and A ≥ 2 delta. METHODS.md §4.
///
/// Checkpoints more than a doubling apart can never give `sharp`.
pub fn sharpness(curve: &Curve, onset: &Onset) -> Sharpness {
    let none = Sharpness { rise: None, verdict: Shape::None, width: None };
    let (Some(fit), Some(scale)) = (&onset.fit, &onset.scale) else { return none };
    let Some(top) = fit.isotonic.last() else { return none };
    let height = top - curve.chance;
    let steps = fit.isotonic.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    let rise = Rise {
        rise: height,
        emergence_score: emergence_score(&curve.scores(&fit.points)),
        largest_step_share: (height > 0.0).then(|| steps / height).and_then(finite),
    };
    if !onset.came() || height < 2.0 * fit.delta {
        return Sharpness { rise: Some(rise), ..none };
    }
    let width = width(curve, fit, height, scale.later());
    let verdict = if width.width_max.is_some_and(|most| most <= SHARP + 1e-9) {
        Shape::Sharp
    } else if width.width_min > SHARP + 1e-9 {
        Shape::Smooth
    } else {
        Shape::Unresolved
    };
    Sharpness { rise: Some(rise), verdict, width: Some(width) }
}

/// [`sharpness`] of a continuous metric that has no chance level: measured from the first value of its own fit. Its onset means
/// nothing.
pub fn sharpness_without_chance(curve: &Curve) -> Sharpness {
    let points = curve.usable();
    let first = isotonic(&curve.scores(&points), &curve.weights(&points)).first().copied();
    let based = Curve { chance: first.unwrap_or(0.0), ..curve.clone() };
    sharpness(&based, &onset(&based))
}

/// BIG-bench's emergence score of the raw scores; see [`Rise::emergence_score`].
pub(super) fn emergence_score(y: &[f64]) -> Option<f64> {
    let squares: Vec<f64> = y.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).collect();
    let typical = median(&squares)?.sqrt();
    let (high, low) =
        (y.iter().copied().fold(f64::NEG_INFINITY, f64::max), y.iter().copied().fold(f64::INFINITY, f64::min));
    let first = |value: f64| y.iter().position(|v| v.total_cmp(&value).is_eq());
    let sign = if first(high)? > first(low)? { 1.0 } else { -1.0 };
    (typical > 0.0).then(|| sign * (high - low) / typical).and_then(finite)
}
#[cfg(test)]
mod tests;
