//! When an ability emerged: between which checkpoints the curve left chance.

use super::curve::{Curve, Noise};
use super::isotonic::{bracket, crossing, isotonic};
use super::moments::{Z95, median, phi};
use super::wobble::{LEVEL_MAX, continuous_level, level, wobble};
use serde::{Deserialize, Serialize};

/// A score is surely above the level when noise would carry it there with less than this chance, over all points.
const P_LOST: f64 = 0.01;

/// What can be said about an onset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The curve crossed the level, clearly, after the first point.
    Emerged,
    /// It was clearly above at the first point already.
    AboveAtFirst,
    /// It is clearly below at every point.
    NotYet,
    /// Neither.
    Undecided,
    /// It was clearly above once and is clearly below now.
    Lost,
    /// No point has a score.
    NoData,
    /// The level that so few items can tell from chance is too high to mean anything.
    TooFewItems,
}

/// An onset: its status, the level it is about and, where there are enough items, the bracket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Onset {
    /// What can be said.
    pub status: Status,
    /// The level; `None` without data.
    #[serde(flatten)]
    pub scale: Option<Scale>,
    /// Fit and bracket; `None` without data or with too few items.
    #[serde(flatten)]
    pub fit: Option<Fit>,
}

/// The level that counts as an onset, and the noise it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scale {
    /// The level L = chance + delta.
    pub level: f64,
    /// Standard deviation of the noise between checkpoints.
    pub wobble: f64,
    /// Steps down it was estimated from.
    pub down_steps: usize,
}

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

impl Onset {
    /// Lower end of the 95 % interval.
    pub fn after(&self) -> Option<u64> {
        self.fit.as_ref()?.after
    }

    /// Upper end of the 95 % interval.
    pub fn by(&self) -> Option<u64> {
        self.fit.as_ref()?.by
    }

    /// The ability came into sight inside the curve: emerged, or emerged and lost.
    pub fn came(&self) -> bool {
        matches!(self.status, Status::Emerged | Status::Lost)
    }

    fn bare(status: Status, scale: Option<Scale>) -> Self {
        Self { status, scale, fit: None }
    }
}

/// The onset of a curve, with a 95 % interval (after, by].
///
/// The best non-decreasing curve is fitted to the scores ([`isotonic`]). The onset is where it crosses the level L, chance plus
/// what items and wobble can tell from it ([`level`]). The interval runs from the last point whose fit is still clearly below L to
/// the first that is clearly above, clearly meaning 1.96 `s_k`, `s_k² = L(1−L)/n_k + sd²` (continuous: `se_k² + sd²`). A curve
/// that is clearly below L now but was twice in a row surely above is `lost`, and its bracket is that of the points up to then.
/// Source: SPEC.md §3; coverage and false positives: `examples/coverage.rs`.
pub fn onset(curve: &Curve) -> Onset {
    let points = curve.usable();
    if points.is_empty() || !curve.chance.is_finite() {
        return Onset::bare(Status::NoData, None);
    }
    let y = curve.scores(&points);
    let noise = wobble(&y, curve.item_diff_var.as_deref());
    let level = curve.delta.filter(|delta| delta.is_finite()).map_or_else(
        || level_of(curve, &points, noise.sd), //
        |delta| curve.chance + delta,
    );
    if !level.is_finite() {
        return Onset::bare(Status::NoData, None);
    }
    let scale = Some(Scale { level, wobble: noise.sd, down_steps: noise.down_steps });
    if level > LEVEL_MAX && matches!(curve.noise, Noise::Items(_)) {
        return Onset::bare(Status::TooFewItems, scale);
    }
    let spread: Vec<f64> = points.iter().map(|&index| curve.spread(index, level, noise.sd)).collect();
    let ends = bracket(&isotonic(&y, &curve.weights(&points)), &spread, level);
    let last = points.len() - 1;
    let last_sight = if ends.above.is_none() && y[last] < level - Z95 * spread[last] {
        last_sure_pair(&y, &spread, level)
    } else {
        None
    };
    let status = match (last_sight, ends.above, ends.below) {
        (Some(_), _, _) => Status::Lost,
        (None, Some(0), _) => Status::AboveAtFirst,
        (None, Some(_), _) => Status::Emerged,
        (None, None, Some(below)) if below == last => Status::NotYet,
        (None, None, _) => Status::Undecided,
    };
    let fitted = &points[..=last_sight.unwrap_or(last)];
    Onset { status, scale, fit: Some(fit(curve, fitted, &spread, level)) }
}

fn level_of(curve: &Curve, points: &[usize], wobble_sd: f64) -> f64 {
    let at = |values: &[f64]| median(&points.iter().map(|&index| values[index]).collect::<Vec<_>>());
    match &curve.noise {
        Noise::Items(n) => at(n).map_or(f64::NAN, |n| level(curve.chance, n, wobble_sd)),
        Noise::StandardErrors(se) => at(se).map_or(f64::NAN, |se| continuous_level(curve.chance, se, wobble_sd)),
    }
}

fn fit(curve: &Curve, points: &[usize], spread: &[f64], level: f64) -> Fit {
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

/// Last k ≥ 1 such that the points k−1 and k are both above the level by more than noise explains over all points.
fn last_sure_pair(y: &[f64], spread: &[f64], level: f64) -> Option<usize> {
    let sure = |k: usize| phi(-(y[k] - level) / spread[k]) <= P_LOST / y.len() as f64;
    (1..y.len()).rev().find(|&k| sure(k) && sure(k - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn points_without_a_score_are_left_out() {
        let curve = Curve {
            tokens: vec![1, 2, 3],
            score: vec![f64::NAN, f64::INFINITY, 0.5],
            noise: Noise::Items(vec![100.0, 100.0, 0.0]),
            chance: 0.25,
            delta: None,
            item_diff_var: None,
        };
        assert_eq!(onset(&curve), Onset::bare(Status::NoData, None));
    }

    proptest! {
        #[test]
        fn any_curve_has_an_honest_answer(
            points in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..25),
            chance in prop::num::f64::ANY,
            delta in prop::option::of(prop::num::f64::ANY),
            continuous in any::<bool>(),
        ) {
            let worth: Vec<f64> = points.iter().map(|p| p.1).collect();
            let curve = Curve {
                tokens: (0..points.len() as u64).collect(),
                score: points.iter().map(|p| p.0).collect(),
                noise: if continuous { Noise::StandardErrors(worth.clone()) } else { Noise::Items(worth.clone()) },
                chance,
                delta,
                item_diff_var: Some(worth),
            };
            let found = onset(&curve);
            if let (Some(after), Some(by)) = (found.after(), found.by()) {
                prop_assert!(after < by);
            }
        }

        #[test]
        fn a_sane_curve_gives_no_nan(scores in prop::collection::vec(0.0..=1.0_f64, 1..30), n in 1.0..20_000.0_f64) {
            let curve = Curve {
                tokens: (0..scores.len() as u64).map(|k| k * 1000).collect(),
                noise: Noise::Items(vec![n; scores.len()]),
                score: scores,
                chance: 0.25,
                delta: None,
                item_diff_var: None,
            };
            let found = onset(&curve);
            let fit = found.fit.iter();
            prop_assert!(fit.flat_map(|fit| fit.isotonic.iter().chain(&fit.confidence)).all(|v| v.is_finite()));
        }
    }
}
