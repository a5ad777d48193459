//! A mean of values that hang together.

use std::hash::Hash;

use super::intervals::{Interval, clustered_se, half_width};
use super::statistics::{finite, mean};

/// Mean of `x` and its 95 % interval: mean ± t·SE, SE by clusters ([`clustered_se`]), t Student's with one degree of freedom fewer than there
/// are clusters. METHODS.md §22.
///
/// No interval from one cluster, nor from values without scatter, which tell no error. `None` without values.
pub(crate) fn clustered_mean<C: Eq + Hash>(x: &[f64], cluster: &[C]) -> Option<(f64, Option<Interval>)> {
    let centre = mean(x).and_then(finite)?;
    let clusters = cluster.iter().collect::<std::collections::HashSet<_>>().len();
    let around = |se: f64| {
        let half = se * half_width(Some(clusters));
        (centre - half, centre + half)
    };
    let se = clustered_se(x, cluster).filter(|se| *se > 1e-12 * centre.abs().max(1.0));
    Some((centre, se.map(around)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_an_independent_program() {
        // numpy and scipy.stats.t: values 1, 2, 4 | 3, 5 | 9 in three clusters.
        let (centre, interval) = clustered_mean(&[1.0, 2.0, 4.0, 3.0, 5.0, 9.0], &[0, 0, 0, 1, 1, 2]).unwrap();
        let (low, high) = interval.unwrap();
        assert!((centre - 4.0).abs() < 1e-12 && (high - centre - HALF).abs() < 1e-6, "{low} {high}");
        assert!((centre - low - HALF).abs() < 1e-6);
        assert_eq!(clustered_mean(&[1.0, 2.0], &[0, 0]), Some((1.5, None)), "one cluster");
        assert_eq!(clustered_mean(&[0.0, 0.0], &[0, 1]), Some((0.0, None)), "no scatter");
        assert_eq!(clustered_mean::<usize>(&[], &[]), None);
    }

    const HALF: f64 = 6.210_344_279;
}
