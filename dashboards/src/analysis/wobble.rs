//! The noise between checkpoints beyond item sampling, and the level that tells an ability from it.

use serde::Serialize;

use super::statistics::{finite, mean, median};

/// Prior standard deviation of the wobble: one point.
pub(crate) const WOBBLE0: f64 = 0.01;
/// What the prior weighs, in down-steps.
pub(super) const NU0: f64 = 2.0;
/// Median of chi-square with one degree of freedom.
const HALF_NORMAL_MEDIAN_SQ: f64 = 0.454_936_423_119_572_83;
/// The level lies at least this far above chance.
const FLOOR: f64 = 0.02;
/// Standard deviations between chance and the level.
pub(super) const Z_RISE: f64 = 3.5;
/// A level above this says nothing.
pub(crate) const LEVEL_MAX: f64 = 0.9;

/// The noise between checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Wobble {
    /// Standard deviation of one checkpoint, in the score's unit.
    pub sd: f64,
    /// Steps down it was estimated from.
    pub down_steps: usize,
    /// The wobble that [`contrast`](super::contrast) takes: wider, since `sd` is itself an estimate.
    pub for_contrast: f64,
}

/// A step from one checkpoint to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// Index of the point it leaves.
    pub(crate) from: usize,
    /// The next score minus this one.
    pub(crate) change: f64,
    /// Variance of the mean paired difference; 0 where it is unknown.
    pub(crate) item: f64,
}

/// The steps of the scores `y` that are finite numbers; `item_diff_var[k]` is the variance of the mean paired difference of the points
/// k and k+1.
pub(crate) fn steps(y: &[f64], item_diff_var: Option<&[f64]>) -> Vec<Step> {
    let item = |k: usize| item_diff_var.and_then(|known| known.get(k).copied()).and_then(finite).unwrap_or(0.0);
    let step = |(k, pair): (usize, &[f64])| Step { from: k, change: pair[1] - pair[0], item: item(k) };
    y.windows(2).enumerate().map(step).filter(|step| step.change.is_finite()).collect()
}

/// The wobble of the scores `y` in order of tokens.
///
/// A curve that does not fall steps down only by noise. With `D_k = y_{k+1}−y_k` over the m down-steps:
/// step = median(D²) / .4549, item = mean(`item_diff_var`) or 0, sd = √((2·.01² + m·max(0, (step−item)/2)) / (2+m)), and
/// `for_contrast` = sd·√(1 + 6/(m+2)). `item_diff_var[k]` is the variance of the mean paired difference of the points k and k+1;
/// where it is unknown, item noise is counted twice at worst. METHODS.md §3. Values that are not finite numbers are skipped as steps.
pub fn wobble(y: &[f64], item_diff_var: Option<&[f64]>) -> Wobble {
    wobble_of(&steps(y, item_diff_var), WOBBLE0)
}

/// [`wobble`] of these steps; `prior` is the standard deviation that is taken for granted before any is seen.
pub(crate) fn wobble_of(steps: &[Step], prior: f64) -> Wobble {
    let down = || steps.iter().filter(|step| step.change < 0.0);
    let squares: Vec<f64> = down().map(|step| step.change * step.change).collect();
    let items: Vec<f64> = down().map(|step| step.item).collect();
    let step = median(&squares).unwrap_or(0.0) / HALF_NORMAL_MEDIAN_SQ;
    let own = ((step - mean(&items).unwrap_or(0.0)) / 2.0).max(0.0);
    let m = squares.len() as f64;
    let sd = ((NU0 * prior * prior + m * own) / (NU0 + m)).sqrt();
    Wobble { sd, down_steps: squares.len(), for_contrast: sd * (1.0 + 6.0 / (m + NU0)).sqrt() }
}

/// The wobble that contrasts take of a mean over tasks, which hardly ever steps down where its tasks grow: the larger of that of its
/// down-steps ([`wobble_of`]) and that of all m steps around the median one, `own = (median((D−D̃)²)/.4549 · m/(m−1) − item)/2` with the
/// weight m−1. The median leaves out the few large steps of a rise.
pub(crate) fn common_wobble(steps: &[Step], prior: f64) -> f64 {
    let down = wobble_of(steps, prior).for_contrast;
    let m = steps.len() as f64;
    let changes: Vec<f64> = steps.iter().map(|step| step.change).collect();
    let Some(usual) = median(&changes).filter(|_| changes.len() > 1) else { return down };
    let squares: Vec<f64> = changes.iter().map(|change| (change - usual).powi(2)).collect();
    let step = median(&squares).unwrap_or(0.0) / HALF_NORMAL_MEDIAN_SQ * m / (m - 1.0);
    let item = mean(&steps.iter().map(|step| step.item).collect::<Vec<_>>()).unwrap_or(0.0);
    let own = ((step - item) / 2.0).max(0.0);
    let sd = ((NU0 * prior * prior + (m - 1.0) * own) / (NU0 + m - 1.0)).sqrt();
    down.max(sd * (1.0 + 6.0 / (m - 1.0 + NU0)).sqrt())
}

/// The level at which a share of `n` items (median over the points) is told from `chance`.
///
/// The larger root of `(L−c)² = 3.5² (L(1−L)/n + sd²)`, rounded up to whole points above chance so that it does not drift as
/// checkpoints arrive, and at least .02 above it. METHODS.md §3.
pub fn level(chance: f64, n: f64, wobble_sd: f64) -> f64 {
    let z2 = Z_RISE * Z_RISE;
    let k = z2 / n;
    let b = 2.0 * chance + k;
    let under = b * b - 4.0 * (1.0 + k) * (chance * chance - z2 * wobble_sd * wobble_sd);
    rounded(chance, (b + under.max(0.0).sqrt()) / (2.0 * (1.0 + k)))
}

/// [`level`] of a continuous metric whose points have the median standard error `se`: `c + 3.5·√(se² + sd²)`, rounded likewise.
pub fn continuous_level(chance: f64, se: f64, wobble_sd: f64) -> f64 {
    rounded(chance, chance + Z_RISE * (se * se + wobble_sd * wobble_sd).sqrt())
}

fn rounded(chance: f64, level: f64) -> f64 {
    chance + FLOOR.max((100.0 * (level - chance) - 1e-9).ceil() / 100.0)
}
#[cfg(test)]
pub(crate) mod tests;
