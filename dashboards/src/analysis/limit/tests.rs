//! Bounds as others compute them, and what a test and its interval have in common.

use super::*;
use proptest::prelude::*;

#[test]
fn bounds_of_flips_are_those_of_the_likelihood() {
    // lost, gained, n; 95 % bounds where the likelihood of lost − gained = Δ was maximised by scipy.optimize instead of solved
    for (b, c, n, low, high) in [
        (10.0, 4.0, 44.0, -0.0330, 0.3034),
        (0.0, 0.0, 54.0, -0.0664, 0.0664),
        (1.0, 0.0, 30.0, -0.0840, 0.1667),
        (25.0, 12.0, 400.0, 0.0028, 0.0644),
        (3.0, 9.0, 60.0, -0.2224, 0.0150),
    ] {
        let found = Measured::Flips { lost: b / n, gained: c / n, pairs: n };
        let (lower, upper) = (found.lower(0.025), found.upper(0.025));
        assert!((lower - low).abs() < 1e-4 && (upper - high).abs() < 1e-4, "{b} {c} {n}: {lower} {upper}");
    }
}

#[test]
fn bounds_of_shares_and_means_agree_with_scipy_and_r() {
    // scipy.stats.binomtest(8, 10).proportion_ci(method="wilson"); qt(.975, 3) of R 4.3
    let share = Measured::Share { share: 0.8, items: 10.0 };
    assert!((share.lower(0.025) - 0.4902).abs() < 5e-5 && (share.upper(0.025) - 0.9433).abs() < 5e-5);
    let mean = Measured::Mean { value: 2.0, se: 0.5, df: 3 };
    assert!((mean.lower(0.025) - (2.0 - 0.5 * 3.182_446)).abs() < 1e-5);
    assert!((mean.upper(0.025) - (2.0 + 0.5 * 3.182_446)).abs() < 1e-5);
}

#[test]
fn items_that_do_not_differ_are_no_proof_when_they_are_few() {
    let flips = |pairs| Measured::Flips { lost: 0.0, gained: 0.0, pairs }.p_held(Bound::AtMost(0.02));
    assert!(flips(10.0) > 0.05 && flips(1000.0) < 0.001, "{} {}", flips(10.0), flips(1000.0));
    let mean = |df| Measured::Mean { value: 0.0, se: 0.0, df }.p_held(Bound::AtMost(0.02));
    assert_eq!((mean(3), mean(99)), (0.5, 0.0));
}

proptest! {
    #[test]
    fn a_bound_is_where_the_test_turns(lost in 0.0..0.5_f64, gained in 0.0..0.5_f64, pairs in 2.0..4000.0_f64) {
        let found = Measured::Flips { lost, gained, pairs };
        let (low, high) = (found.lower(0.05), found.upper(0.05));
        prop_assert!(low <= found.value() + 1e-9 && found.value() <= high + 1e-9);
        for limit in [-0.3, -0.01, 0.0, 0.02, 0.3] {
            let (broken, held) = (found.p_broken(Bound::AtMost(limit)), found.p_held(Bound::AtMost(limit)));
            prop_assert!((broken + held - 1.0).abs() < 1e-9);
            prop_assert!((broken < 0.05) == (low > limit) || (low - limit).abs() < 1e-6);
            prop_assert!((held < 0.05) == (high < limit) || (high - limit).abs() < 1e-6);
        }
        prop_assert!(found.smallest_shown(Bound::AtMost(0.02), 0.05) > 0.0);
    }
}
