//! Standard errors of weighted means, plain and clustered.

use std::collections::BTreeMap;

use super::Share;

/// Σ w·v / Σ w; `None` without shares.
pub(super) fn mean(shares: &[Share]) -> Option<f64> {
    let weight: f64 = shares.iter().map(|share| share.weight).sum();
    let sum: f64 = shares.iter().map(|share| share.weight * share.value).sum();
    (weight > 0.0).then(|| sum / weight)
}

/// Standard error of the weighted mean of independent items: √(n/(n−1) · Σ r²) / Σ w with r = w (v − mean).
///
/// With equal weights this is the sample standard deviation over √n (with Bessel's factor, as in lm-evaluation-harness);
/// with others the linearised error of a ratio of sums (Cochran, Sampling Techniques, ch. 6). `None` below two items.
pub(super) fn plain(shares: &[Share], mean: f64) -> Option<f64> {
    let weight = shares.iter().map(|share| share.weight).sum();
    of_residuals(shares.iter().map(|share| share.weight * (share.value - mean)), weight)
}

/// Standard error when items of one cluster vary together: √(G/(G−1) · Σ over clusters (Σ r)²) / Σ w.
///
/// Source: Miller (2024), "Adding error bars to evals", with the factor G/(G−1). An item without a cluster is its own.
/// `None` when no item has a cluster, or below two clusters.
pub(super) fn clustered(shares: &[(Share, Option<&str>)], mean: f64) -> Option<f64> {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    let mut alone = Vec::new();
    for (share, cluster) in shares {
        let residual = share.weight * (share.value - mean);
        match cluster {
            Some(cluster) => *sums.entry(cluster).or_default() += residual,
            None => alone.push(residual),
        }
    }
    if sums.is_empty() {
        return None;
    }
    let weight = shares.iter().map(|(share, _)| share.weight).sum();
    of_residuals(sums.into_values().chain(alone), weight)
}

fn of_residuals(residuals: impl Iterator<Item = f64>, weight: f64) -> Option<f64> {
    let (mut count, mut squares) = (0_usize, 0.0);
    for residual in residuals {
        count += 1;
        squares += residual * residual;
    }
    let n = count as f64;
    (count > 1).then(|| (n / (n - 1.0) * squares).sqrt() / weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lumped_items_widen_the_bar() {
        // Four clusters of three equal items: the bar is that of the four cluster means, √(.25/3) with n = 4, k = 2.
        let shares: Vec<(Share, Option<&str>)> = ["a", "b", "c", "d"]
            .into_iter()
            .zip([1.0, 0.0, 1.0, 0.0])
            .flat_map(|(cluster, value)| vec![(Share { value, weight: 1.0 }, Some(cluster)); 3])
            .collect();
        let alone: Vec<Share> = shares.iter().map(|(share, _)| *share).collect();
        let wide = clustered(&shares, 0.5).unwrap();
        assert!((wide - (0.25_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((plain(&alone, 0.5).unwrap() - (0.25_f64 / 11.0).sqrt()).abs() < 1e-12);
        let apart: Vec<_> = alone.iter().map(|share| (*share, None)).collect();
        assert_eq!(clustered(&apart, 0.5), None);
        assert_eq!(clustered(&shares[..3], 1.0), None);
    }
}
