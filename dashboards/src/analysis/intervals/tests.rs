//! Tests of `intervals`.

use proptest::prelude::*;

use super::*;
use crate::draws::draws;

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
            let after: Vec<f64> = names.iter().map(|&g| f64::from(u8::from(luck() < each[g].0 + each[g].1))).collect();
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
