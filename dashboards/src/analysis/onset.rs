//! When an ability emerged: between which checkpoints the curve left chance.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::confidence::Z95;
use super::contrast::Contrast;
use super::curve::{Curve, Noise};
use super::fit::{Fit, fit, level_of, two_regimes};
use super::growth::one_sided;
use super::isotonic::{Bracket, bracket, isotonic};
use super::statistics::{finite, phi};
use super::wobble::{LEVEL_MAX, wobble};

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
/// what items and wobble can tell from it (`level`). The interval runs from the last point whose fit is still clearly below L to
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
mod tests;
