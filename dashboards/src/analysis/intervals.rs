//! Error bars of one measured value: items, clusters of items, prompts with repeats.

use std::collections::HashMap;
use std::hash::Hash;

use super::statistics::{Z95, finite, mean};
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

/// A share of passed prompts, with what it is worth and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackInterval {
    /// Mean of the prompts' means.
    pub share: f64,
    /// Independent prompts it is worth: the `n` of its interval and of its onset.
    pub effective: f64,
    /// Wilson's interval.
    pub interval: Interval,
}

/// The share of passes of K prompts with `R_k` repeats each (`passes[k]`, each in [0, 1]), for *prompts like these*.
///
/// p = mean of the prompt means, `SE² = Σ(m_k−p)² / (K(K−1))`, `n_eff = clamp(p(1−p)/SE², K, ΣR_k)` and K when SE = 0 or K = 1; then
/// [`wilson`]. Repeats are not independent prompts: counting them so covers .51 instead of .95. Prompts without repeats are left
/// out; `None` without prompts.
pub fn pack_interval(passes: &[Vec<f64>]) -> Option<PackInterval> {
    let means: Vec<f64> = passes.iter().filter_map(|repeats| mean(repeats)).collect();
    let prompts = means.len() as f64;
    let repeats: usize = passes.iter().map(Vec::len).sum();
    let (share, se) = mean_se(&means);
    let share = share?;
    let effective = match se {
        Some(se) if se > 0.0 => (share * (1.0 - share) / (se * se)).max(prompts).min(repeats as f64),
        _ => prompts,
    };
    Some(PackInterval { share, effective, interval: wilson(share, effective, Z95)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use proptest::prelude::*;

    #[test]
    fn wilson_agrees_with_scipy() {
        // hits, n, low, high of scipy.stats.binomtest(hits, n).proportion_ci(method="wilson")
        for (hits, n, low, high) in [(0.0, 10.0, 0.0, 0.2775), (8.0, 10.0, 0.4902, 0.9433), (10.0, 10.0, 0.7225, 1.0)] {
            let got = wilson(hits / n, n, Z95).unwrap();
            assert!((got.0 - low).abs() < 5e-5 && (got.1 - high).abs() < 5e-5, "{hits} of {n}: {got:?}");
        }
    }

    #[test]
    fn clusters_of_one_are_items() {
        let x = [1.0, 0.0, 0.0, 1.0, 1.0];
        let (_, plain) = mean_se(&x);
        assert!((clustered_se(&x, &[1, 2, 3, 4, 5]).unwrap() - plain.unwrap()).abs() < 1e-15);
    }

    #[test]
    fn few_clusters_are_covered_as_many_are() {
        let runs = 600;
        for groups in [2_usize, 3, 4, 8, 19, 57] {
            let (mut points, mut changes, mut luck) = (0, 0, draws(groups as u64));
            for _ in 0..runs {
                // Shares of the clusters from .3 to .9, gains from −.05 to .15: means of .6 and .05.
                let each: Vec<(f64, f64)> = (0..groups).map(|_| (0.3 + 0.6 * luck(), -0.05 + 0.2 * luck())).collect();
                let names: Vec<usize> = (0..groups * 60).map(|item| item / 60).collect();
                let before: Vec<f64> = names.iter().map(|&g| f64::from(u8::from(luck() < each[g].0))).collect();
                let after: Vec<f64> =
                    names.iter().map(|&g| f64::from(u8::from(luck() < each[g].0 + each[g].1))).collect();
                let (share, n) = (mean(&before).unwrap(), before.len() as f64);
                let worth = effective_count(share, n, clustered_se(&before, &names).unwrap());
                let (low, high) = clustered_wilson(share, worth, Some(groups)).unwrap();
                points += usize::from(low <= 0.6 && 0.6 <= high);
                let change: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
                let half = half_width(Some(groups)) * clustered_se(&change, &names).unwrap();
                changes += usize::from((mean(&change).unwrap() - 0.05).abs() <= half);
            }
            let least = runs * 92 / 100; // .93 less one standard error of 600 runs
            assert!(points >= least && changes >= least, "{groups} clusters: {points} and {changes} of {runs}");
        }
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_share(p in 0.0..=1.0_f64, n in 0.5..1e6_f64) {
            let (low, high) = wilson(p, n, Z95).unwrap();
            prop_assert!(0.0 <= low && low <= p + 1e-12 && p <= high + 1e-12 && high <= 1.0);
        }

        #[test]
        fn nonsense_gives_no_number(p in prop::num::f64::ANY, n in prop::num::f64::ANY, z in prop::num::f64::ANY) {
            if let Some((low, high)) = wilson(p, n, z) {
                prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            }
            prop_assert!(mean_se(&[p, n, z]).0.is_none_or(f64::is_finite));
            prop_assert!(clustered_se(&[p, n, z], &[0, 0, 1]).is_none_or(f64::is_finite));
        }
    }
}
