//! The slope of a curve in the logarithm of tokens, and how sure it is.

use std::ops::Range;

use super::growth::one_sided;
use super::line::slope_weights;
use super::sample::Sample;
use super::statistics::finite;

/// Correlation of neighbouring checkpoints' wobble where too few of them could tell it.
const USUAL_DRIFT: f64 = 0.3;
/// From so many checkpoints on, it is estimated.
const TELLS_DRIFT: usize = 8;
/// It is never taken to be larger.
const MOST_DRIFT: f64 = 0.8;

#[derive(Clone, Copy)]
pub(super) struct Slope {
    pub(super) value: f64,
    pub(super) se: f64,
    pub(super) p: f64,
}

pub(super) fn slope(x: &[f64], sample: &Sample<'_>, points: Range<usize>, wobble: f64) -> Option<Slope> {
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
