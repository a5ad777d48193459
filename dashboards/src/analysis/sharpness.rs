//! Sharp or smooth: how wide a rise is, in decades of tokens.

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::isotonic::{Bracket, bracket, crossing, isotonic};
use super::onset::{Fit, Onset, onset};
use super::statistics::{finite, median};

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

fn width(curve: &Curve, fit: &Fit, height: f64, wobble_sd: f64) -> Width {
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

/// BIG-bench's emergence score of the raw scores; see [`Rise::emergence_score`].
fn emergence_score(y: &[f64]) -> Option<f64> {
    let squares: Vec<f64> = y.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).collect();
    let typical = median(&squares)?.sqrt();
    let (high, low) =
        (y.iter().copied().fold(f64::NEG_INFINITY, f64::max), y.iter().copied().fold(f64::INFINITY, f64::min));
    let first = |value: f64| y.iter().position(|v| v.total_cmp(&value).is_eq());
    let sign = if first(high)? > first(low)? { 1.0 } else { -1.0 };
    (typical > 0.0).then(|| sign * (high - low) / typical).and_then(finite)
}

#[cfg(test)]
mod tests {
    use super::super::curve::Noise;
    use super::*;

    fn curve(score: &[f64]) -> Curve {
        Curve {
            tokens: (0..score.len() as u32).map(|k| 1_000_000 << k).collect(),
            score: score.to_vec(),
            noise: Noise::Items(vec![10_000.0; score.len()]),
            chance: 0.25,
            delta: None,
            item_diff_var: None,
        }
    }

    #[test]
    fn checkpoints_more_than_a_doubling_apart_are_never_sharp() {
        let mut wide = curve(&[0.25, 0.25, 0.9, 0.9]);
        assert_eq!(sharpness(&wide, &onset(&wide)).verdict, Shape::Sharp);
        wide.tokens = vec![1_000_000, 3_000_000, 9_000_000, 27_000_000];
        assert_eq!(sharpness(&wide, &onset(&wide)).verdict, Shape::Unresolved);
    }

    #[test]
    fn a_flat_curve_has_no_shape() {
        let flat = curve(&[0.25, 0.26, 0.24, 0.25]);
        let found = sharpness(&flat, &onset(&flat));
        assert_eq!((found.verdict, found.width), (Shape::None, None));
    }
}
