//! When an ability emerged: between which checkpoints the curve left chance.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contrast::Contrast;
use super::curve::{Curve, Noise};
use super::growth::one_sided;
use super::isotonic::{Bracket, bracket, crossing, isotonic};
use super::statistics::{Z95, finite, mean, median, phi};
use super::wobble::{LEVEL_MAX, Wobble, continuous_level, level, wobble, wobble_before};

/// A score is surely above the level when noise would carry it there with less than this chance, over all points.
const P_LOST: f64 = 0.01;
/// A rise from a first quarter that was not clearly below is told when noise gives it with less than this chance, over all tasks.
const P_UNSEEN: f64 = 0.01;

/// What can be said about an onset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The curve crossed the level, clearly, after the first point.
    Emerged,
    /// It was clearly above at the first point already.
    AboveAtFirst,
    /// It is clearly above at a later point, but was clearly below at none, and rose from none: since when cannot be told.
    Above,
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
    /// Standard deviation of the noise between checkpoints, before the ability came: the level rests on it.
    pub wobble: f64,
    /// That since it came; of all checkpoints where it has not, or at fewer than two.
    pub wobble_after: f64,
    /// Steps down of the whole curve.
    pub down_steps: usize,
}

impl Scale {
    /// The wobble since the ability came, never less than before it: a calm plateau does not sharpen what was noisy.
    pub(crate) fn later(&self) -> f64 {
        self.wobble.max(self.wobble_after)
    }
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

    /// Something has come: there is a score that can be told from chance, or was once.
    pub fn is_there(&self) -> bool {
        self.came() || matches!(self.status, Status::Above | Status::AboveAtFirst)
    }

    /// The onset without an event that nobody saw: where no point was clearly below the level, only a clear `rise` from the first
    /// quarter of the curve to the last tells an onset from a score that was always above.
    ///
    /// `tasks` are told beside each other, so each may be wrong with a chance of `.01 / tasks`: their low first points choose them.
    #[must_use]
    pub fn if_seen(mut self, rise: Option<Contrast>, tasks: usize) -> Self {
        let is_clear = rise.is_some_and(|rise| one_sided(rise.value, rise.se) <= P_UNSEEN / tasks.max(1) as f64);
        if self.status == Status::Emerged && self.after().is_none() && !is_clear {
            self.status = Status::Above;
        }
        self
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
///
/// A curve wobbles otherwise before an ability came than after. A first pass with one wobble finds the first point that is clearly
/// above; L then rests on the wobble of the points before it, so that a calm plateau later does not move a bracket told before, and
/// `s_k` from it on takes the larger of both. Source: METHODS.md §3; coverage and false positives: `examples/coverage.rs`.
pub fn onset(curve: &Curve) -> Onset {
    let points = curve.usable();
    if points.is_empty() || !curve.chance.is_finite() {
        return Onset::bare(Status::NoData, None);
    }
    let y = curve.scores(&points);
    let pooled = wobble(&y, curve.item_diff_var.as_deref());
    let first_level = level_of(curve, &points, pooled.sd);
    let came = first_clear(curve, &points, &y, pooled.sd, first_level);
    let (before, after) = two_regimes(curve, &points, &y, pooled, came, first_level);
    let delta = curve.delta.filter(|delta| delta.is_finite());
    let level = delta.map_or_else(|| level_of(curve, &points, before), |delta| curve.chance + delta);
    if !level.is_finite() {
        return Onset::bare(Status::NoData, None);
    }
    let scale = Scale { level, wobble: before, wobble_after: after, down_steps: pooled.down_steps };
    if level > LEVEL_MAX && matches!(curve.noise, Noise::Items(_)) {
        return Onset::bare(Status::TooFewItems, Some(scale));
    }
    let sd = |k: usize| if came.is_none_or(|came| k < came) { scale.wobble } else { scale.later() };
    let spread: Vec<f64> = points.iter().enumerate().map(|(k, &index)| curve.spread(index, level, sd(k))).collect();
    let ends = bracket(&isotonic(&y, &curve.weights(&points)), &spread, level);
    let last = points.len() - 1;
    let last_sight = last_sight(&y, &spread, level, ends);
    let status = match (last_sight, ends.above, ends.below) {
        (Some(_), _, _) => Status::Lost,
        (None, Some(0), _) => Status::AboveAtFirst,
        (None, Some(_), _) => Status::Emerged,
        (None, None, Some(below)) if below == last => Status::NotYet,
        (None, None, _) => Status::Undecided,
    };
    let fitted = &points[..=last_sight.unwrap_or(last)];
    Onset { status, scale: Some(scale), fit: Some(fit(curve, fitted, &spread, level)) }
}

/// Place among `points` of the first that is clearly above the `level` that one wobble `sd` for the whole curve gives.
fn first_clear(curve: &Curve, points: &[usize], y: &[f64], sd: f64, level: f64) -> Option<usize> {
    let level = finite(level)?;
    if level > LEVEL_MAX && matches!(curve.noise, Noise::Items(_)) {
        return None;
    }
    let spread: Vec<f64> = points.iter().map(|&index| curve.spread(index, level, sd)).collect();
    let weights = curve.weights(points);
    let ends = bracket(&isotonic(y, &weights), &spread, level);
    match last_sight(y, &spread, level, ends) {
        Some(sight) => bracket(&isotonic(&y[..=sight], &weights[..=sight]), &spread, level).above,
        None => ends.above,
    }
}

/// Standard deviations of the wobble before the point `came` and from it on. With fewer than two steps before it, or fewer than two
/// points from it on, the `pooled` one stands in. `level` is that of the first look.
fn two_regimes(
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

/// The last clear sight of an ability that is clearly below the level now.
fn last_sight(y: &[f64], spread: &[f64], level: f64, ends: Bracket) -> Option<usize> {
    let last = y.len() - 1;
    let is_gone = ends.above.is_none() && y[last] < level - Z95 * spread[last];
    if is_gone { last_sure_pair(y, spread, level) } else { None }
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
