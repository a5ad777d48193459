//! A straight line through points.

use super::statistics::{finite, mean};

/// A least-squares line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    pub(crate) slope: f64,
    /// Standard error of the slope from the scatter around the line; `None` below three points.
    pub(crate) slope_error: Option<f64>,
}

/// The least-squares line of `y` on `x`; `None` below two different `x`.
///
/// slope = Σ(x−x̄)(y−ȳ) / Σ(x−x̄)², its SE = √(Σe² / (n−2) / Σ(x−x̄)²).
pub(crate) fn line(x: &[f64], y: &[f64]) -> Option<Line> {
    let weights = slope_weights(x)?;
    let slope: f64 = weights.iter().zip(y).map(|(w, y)| w * y).sum();
    let (x_mean, y_mean) = (mean(x)?, mean(y)?);
    let spread: f64 = x.iter().map(|x| (x - x_mean).powi(2)).sum();
    let rest: f64 = x.iter().zip(y).map(|(x, y)| (y - y_mean - slope * (x - x_mean)).powi(2)).sum();
    let slope_error = (x.len() > 2).then(|| (rest / (x.len() - 2) as f64 / spread).sqrt()).and_then(finite);
    Some(Line { slope: finite(slope)?, slope_error })
}

/// What each `y` weighs in the slope of the least-squares line: `(x−x̄) / Σ(x−x̄)²`; `None` below two different `x`.
pub(crate) fn slope_weights(x: &[f64]) -> Option<Vec<f64>> {
    let centre = mean(x)?;
    let spread: f64 = x.iter().map(|x| (x - centre).powi(2)).sum();
    (spread > 0.0 && spread.is_finite()).then(|| x.iter().map(|x| (x - centre) / spread).collect())
}
