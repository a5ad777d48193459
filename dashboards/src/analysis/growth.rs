//! Growth: how much a score gains per doubling of tokens, and whether it does so all the way.

use std::ops::Range;

use super::contrast::Contrast;
use super::sample::Sample;
use super::slope::slope;
use super::statistics::phi;

/// A slope no larger than rounding is none.
const NO_SLOPE: f64 = 1e-9;

/// Growth along a stretch of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Gain per doubling of tokens.
    pub per_doubling: f64,
    /// Its standard error.
    pub se: f64,
    /// One-sided chance of so large a gain where there is none.
    pub p: f64,
    /// The largest of `p`, that of the first half and that of the second: small only where it grows all the way.
    pub p_steady: f64,
    /// Doublings of tokens from the first checkpoint to the last.
    pub doublings: f64,
}

impl Growth {
    /// What it gained from the first checkpoint to the last, and the standard error of that.
    pub fn whole(&self) -> Contrast {
        Contrast { value: self.per_doubling * self.doublings, se: self.se * self.doublings }
    }
}

/// Growth per doubling of tokens over `points`, with tokens > 0 beside each of `sample`; `None` below four points.
///
/// The least-squares slope on log2 tokens as a contrast of items, `w_k = (x_k−x̄)/Σ(x−x̄)²`, so that items that keep their answers
/// from checkpoint to checkpoint do not pass for a line. To the items' error comes the wobble, which may drift:
/// `SE² = SE(d)² + own · Σ_kl w_k w_l ρ^|k−l|`, own = max(wobble², Σr²/max(1, K−2) − item), r the residuals of the line, item what
/// items explain of them, ρ = clamp((K r₁ + 1)/(K−4), 0, .8) from the residuals' first correlation r₁ (.3 below 8 points).
pub fn growth(tokens: &[u64], sample: &Sample<'_>, points: Range<usize>, wobble: f64) -> Option<Growth> {
    if points.len() < 4 || tokens.len() != sample.len() || points.clone().any(|k| tokens[k] == 0) {
        return None;
    }
    let x: Vec<f64> = tokens.iter().map(|&tokens| (tokens as f64).log2()).collect();
    let middle = points.end - points.len() / 2;
    let of = |part: Range<usize>| slope(&x, sample, part, wobble);
    let whole = of(points.clone())?;
    let halves = [of(points.start..middle), of(middle..points.end)];
    let p_steady = halves.iter().map(|half| half.map_or(1.0, |half| half.p)).fold(whole.p, f64::max);
    let doublings = x[points.end - 1] - x[points.start];
    Some(Growth { per_doubling: whole.value, se: whole.se, p: whole.p, p_steady, doublings })
}

/// Chance that noise of standard error `se` gives at least `value`; 1 where nothing is gained.
pub(crate) fn one_sided(value: f64, se: f64) -> f64 {
    if value > NO_SLOPE { phi(-value / se) } else { 1.0 }
}

/// Contrast of the first quarter of a curve (rounded up) with its last; `None` where they overlap.
pub fn first_to_last_quarter(sample: &Sample<'_>, wobble: f64) -> Option<Contrast> {
    let (count, quarter) = (sample.len(), sample.len().div_ceil(4));
    if quarter == 0 || count < 2 * quarter {
        return None;
    }
    let share = 1.0 / quarter as f64;
    let weight = |k: usize| match k {
        k if k < quarter => -share,
        k if k >= count - quarter => share,
        _ => 0.0,
    };
    sample.contrast(0..count, &(0..count).map(weight).collect::<Vec<_>>(), wobble)
}

/// Mean of the last quarter of a curve (rounded up).
pub fn last_quarter(sample: &Sample<'_>, wobble: f64) -> Option<Contrast> {
    let (count, quarter) = (sample.len(), sample.len().div_ceil(4));
    (quarter > 0).then(|| sample.contrast(count - quarter..count, &vec![1.0 / quarter as f64; quarter], wobble))?
}

#[cfg(test)]
mod tests;
