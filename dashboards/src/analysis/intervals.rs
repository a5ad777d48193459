//! Error bars of one measured value: items, clusters of items, prompts with repeats.

use std::collections::HashMap;
use std::hash::Hash;

use super::confidence::Z95;
use super::statistics::{finite, mean};
use super::student::t95;

/// Lower and upper end.
pub type Interval = (f64, f64);

/// Wilson score interval of a share `p` of `n` items, `z` standard deviations wide ([`Z95`] for 95 %); inside [0, 1].
///
/// low, high = (p + z²/2n ∓ z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson (1927), JASA 22, 209–212. `n` may be an effective
/// count ([`effective_count`]). `None` for `n ≤ 0`, for NaN and for a `p` outside [0, 1].
pub fn wilson(p: f64, n: f64, z: f64) -> Option<Interval> {
    if n.is_nan() || n <= 0.0 || !(0.0..=1.0).contains(&p) || !z.is_finite() {
        return None;
    }
    let z2 = z * z;
    let scale = 1.0 + z2 / n;
    let centre = (p + z2 / (2.0 * n)) / scale;
    let half = z.abs() / scale * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some((finite(centre - half)?.max(0.0), finite(centre + half)?.min(1.0)))
}

/// Mean and its standard error, `√(Σ(x−x̄)² / (n(n−1)))`; no error below two values, no mean without values or with one that is
/// no finite number.
pub fn mean_se(x: &[f64]) -> (Option<f64>, Option<f64>) {
    let Some(centre) = mean(x).and_then(finite) else { return (None, None) };
    let n = x.len() as f64;
    let squares: f64 = x.iter().map(|x| (x - centre).powi(2)).sum();
    (Some(centre), (x.len() > 1).then(|| (squares / (n * (n - 1.0))).sqrt()).and_then(finite))
}

/// Standard error of the mean of `x` when items of one cluster vary together.
///
/// `√(G/(G−1) · Σ_g S_g²) / n`, `S_g = Σ_{i in g} (x_i − x̄)`. Source: Miller (2024), arXiv 2411.00640, clustered standard errors,
/// with the small-sample factor. `None` below two clusters, or when `x` and `cluster` differ in length.
pub fn clustered_se<C: Eq + Hash>(x: &[f64], cluster: &[C]) -> Option<f64> {
    if x.len() != cluster.len() {
        return None;
    }
    let centre = mean(x)?;
    let mut place = HashMap::new();
    let mut sums = Vec::new(); // in order of appearance, so that the sum below has one order
    for (x, name) in x.iter().zip(cluster) {
        let index = *place.entry(name).or_insert(sums.len());
        if index == sums.len() {
            sums.push(0.0);
        }
        sums[index] += x - centre;
    }
    let groups = sums.len() as f64;
    let squares: f64 = sums.iter().map(|sum: &f64| sum * sum).sum();
    (sums.len() > 1).then(|| (groups / (groups - 1.0) * squares).sqrt() / x.len() as f64).and_then(finite)
}

/// How many independent items a share `p` of `n` items with standard error `se` is worth: `min(n, p(1−p)/se²)`, `n` when `se = 0`.
pub fn effective_count(p: f64, n: f64, se: f64) -> f64 {
    let worth = p * (1.0 - p) / (se * se);
    if se > 0.0 && worth.is_finite() { n.min(worth) } else { n }
}

/// Half width of a 95 % interval in standard errors that were estimated from so many clusters: Student's t, 1.96 without clusters.
///
/// Simulated with 2 to 57 clusters that differ or not: 1.96 covers .67 with two, .84 with four, .89 with eight; t covers .93 to 1.00.
pub fn half_width(clusters: Option<usize>) -> f64 {
    clusters.map_or(Z95, |clusters| t95(clusters.saturating_sub(1)))
}

/// How many items a share is worth whose error so many clusters tell, where 1.96 of its standard errors are taken for 95 %: fewer than
/// the `effective` ones of [`effective_count`], since few clusters tell it badly ([`half_width`]).
pub(crate) fn sure_count(effective: f64, clusters: Option<usize>) -> f64 {
    effective * (Z95 / half_width(clusters)).powi(2)
}

/// [`wilson`]'s 95 % interval of a share that is worth `effective` items by the scatter of so many clusters ([`half_width`]).
pub fn clustered_wilson(share: f64, effective: f64, clusters: Option<usize>) -> Option<Interval> {
    wilson(share, sure_count(effective, clusters), Z95)
}
#[cfg(test)]
mod tests;
