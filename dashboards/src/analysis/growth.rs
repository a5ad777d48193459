//! Growth: how much a score gains per doubling of tokens, and whether it does so all the way.

use std::ops::Range;

use super::contrast::Contrast;
use super::sample::Sample;
use super::statistics::{finite, phi, slope_weights};

/// Correlation of neighbouring checkpoints' wobble where too few of them could tell it.
const USUAL_DRIFT: f64 = 0.3;
/// From so many checkpoints on, it is estimated.
const TELLS_DRIFT: usize = 8;
/// It is never taken to be larger.
const MOST_DRIFT: f64 = 0.8;
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

#[derive(Clone, Copy)]
struct Slope {
    value: f64,
    se: f64,
    p: f64,
}

fn slope(x: &[f64], sample: &Sample<'_>, points: Range<usize>, wobble: f64) -> Option<Slope> {
    let x = &x[points.clone()];
    let weights = slope_weights(x)?;
    let items = sample.contrast(points.clone(), &weights, 0.0)?;
    let y: Vec<f64> = points.clone().map(|k| sample.score(k)).collect();
    let rest = residuals(x, &y, items.value);
    let squares: f64 = rest.iter().map(|r| r * r).sum();
    let scatter = squares / (x.len() - 2).max(1) as f64;
    let own = (scatter - sample.item_variance(points)).max(wobble * wobble);
    let drift = drift(&rest, squares);
    let decay: Vec<f64> = (0..x.len()).map(|apart| drift.powi(i32::try_from(apart).unwrap_or(i32::MAX))).collect();
    let pairs = weights.iter().enumerate().flat_map(|(k, a)| {
        let decay = &decay;
        weights.iter().enumerate().map(move |(l, b)| a * b * decay[k.abs_diff(l)])
    });
    let se = finite((items.se * items.se + own * pairs.sum::<f64>()).sqrt())?;
    Some(Slope { value: items.value, se, p: one_sided(items.value, se) })
}

fn residuals(x: &[f64], y: &[f64], slope: f64) -> Vec<f64> {
    let count = x.len() as f64;
    let (x_mean, y_mean) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    x.iter().zip(y).map(|(x, y)| y - y_mean - slope * (x - x_mean)).collect()
}

/// Correlation of neighbours among the residuals, corrected for the line drawn through them.
fn drift(rest: &[f64], squares: f64) -> f64 {
    let count = rest.len() as f64;
    if rest.len() < TELLS_DRIFT {
        return USUAL_DRIFT;
    }
    let neighbours: f64 = rest.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let first = if squares > 1e-15 { neighbours / squares } else { 0.0 };
    ((count * first + 1.0) / (count - 4.0)).clamp(0.0, MOST_DRIFT)
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
mod tests {
    use super::*;
    use crate::analysis::statistics::Z95;
    use crate::analysis::wobble::tests::Random;
    use proptest::prelude::*;
    use std::borrow::Cow;

    /// Ten checkpoints of forty clusters of five items, at 0 all the time: what items share drifts, and little else moves.
    fn flat(random: &mut Random) -> Vec<Vec<f64>> {
        let mut shared: Vec<f64> = (0..40).map(|_| random.normal()).collect();
        let row = |_| {
            shared.iter_mut().for_each(|x| *x = 0.8 * *x + 0.6 * random.normal());
            (0..200).map(|i| 0.3 * shared[i / 5] + 0.1 * random.normal()).collect()
        };
        (0..10).map(row).collect()
    }

    #[test]
    fn intervals_of_items_that_hang_together_cover_what_they_promise() {
        let tokens: Vec<u64> = (0..10).map(|k| 1_000_000 << k).collect();
        let clusters: Vec<u64> = (0..200).map(|i| i / 5).collect();
        let mut random = Random(7);
        let (mut clustered, mut alone) = (0, 0);
        for _ in 0..2000 {
            let rows: Vec<Cow<'_, [f64]>> = flat(&mut random).into_iter().map(Cow::Owned).collect();
            let covers = |clusters: Option<&[u64]>| {
                let sample = Sample::Items { rows: rows.clone(), clusters: clusters.map(Cow::Borrowed) };
                let found = growth(&tokens, &sample, 0..10, 0.001).unwrap();
                usize::from(found.per_doubling.abs() < Z95 * found.se)
            };
            clustered += covers(Some(&clusters));
            alone += covers(None);
        }
        assert!(clustered >= 1860, "{clustered} of 2000, wanted .93");
        assert!(alone < clustered, "{alone}: as independent items they promise too much");
    }

    #[test]
    fn scores_alone_grow_like_a_line() {
        let sample = Sample::Scores { score: vec![0.1, 0.2, 0.3, 0.4], variance: vec![1e-6; 4] };
        let found = growth(&[1, 2, 4, 8], &sample, 0..4, 0.001).unwrap();
        assert!((found.per_doubling - 0.1).abs() < 1e-12 && found.p_steady < 1e-9 && found.doublings > 2.99);
        assert_eq!(growth(&[0, 2, 4, 8], &sample, 0..4, 0.001), None, "a checkpoint at 0 tokens has no logarithm");
        assert_eq!(growth(&[1, 2, 4, 8], &sample, 1..4, 0.001), None, "three points");
    }

    proptest! {
        #[test]
        fn any_scores_give_numbers(score in prop::collection::vec(0.0..=1.0_f64, 0..20), wobble in 0.0..0.1_f64) {
            let tokens: Vec<u64> = (1..=score.len() as u64).collect();
            let sample = Sample::Scores { variance: score.iter().map(|p| p * (1.0 - p) / 50.0).collect(), score };
            if let Some(found) = growth(&tokens, &sample, 0..tokens.len(), wobble) {
                prop_assert!(found.se.is_finite() && (0.0..=1.0).contains(&found.p) && found.p_steady >= found.p);
            }
            prop_assert!(last_quarter(&sample, wobble).is_none_or(|end| end.value.is_finite() && end.se.is_finite()));
        }
    }
}
