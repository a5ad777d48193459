//! Tests of `interval`.

use super::*;

fn found(name: &str, value: f64, stderr: Option<f64>, clustered_stderr: Option<f64>, n: usize) -> MetricValue {
    MetricValue { name: name.into(), value, stderr, clustered_stderr, n }
}

#[test]
fn wilson_agrees_with_scipy() {
    // value, low, high of scipy.stats.binomtest(k, 10).proportion_ci(method="wilson"), whatever Bessel's error says
    for (value, low, high) in [(0.0, 0.0, 0.2775), (0.8, 0.4902, 0.9433), (1.0, 0.7225, 1.0)] {
        let bessel = (value * (1.0 - value) / 9.0_f64).sqrt();
        for stderr in [None, Some(bessel)] {
            let got = Estimate::of(&found("acc", value, stderr, None, 10), None, false).unwrap().interval(true);
            let got = got.unwrap();
            assert!((got.0 - low).abs() < 5e-5 && (got.1 - high).abs() < 5e-5, "{value}: {got:?}");
        }
    }
}

#[test]
fn a_probability_is_no_toss_of_a_coin() {
    // 200 probabilities of about a quarter each: ± 1.96 of their error, and never outside [0, 1]
    let of = |name, value, se| Estimate::of(&found(name, value, Some(se), None, 200), None, false).unwrap();
    let cases = [
        ("p_gold", 0.25, 0.001, (0.25 - 0.00196, 0.25 + 0.00196)),
        ("option_mass", 0.001, 0.001, (0.0, 0.00296)),
        ("margin", -0.5, 1.0, (-2.46, 1.46)),
        ("acc", 45.0, 1.0, (43.04, 46.96)), // in per cent
    ];
    for (name, value, se, wanted) in cases {
        let (low, high) = of(name, value, se).interval(are_shares(name, [value].into_iter())).unwrap();
        assert!((low - wanted.0).abs() < 1e-4 && (high - wanted.1).abs() < 1e-4, "{name}: {low} {high}");
    }
}

#[test]
fn what_hangs_together_is_worth_less() {
    // An error twice the binomial one is worth a quarter of the items: of clusters, and of a group's told error.
    let se = 2.0 * (0.25_f64 / 100.0).sqrt();
    let cases = [
        (None, Some(se), Some(9), false, 25.0),
        (Some(se), None, None, true, 25.0),
        (Some(se), Some(9.0 * se), None, true, 25.0), // without items the scatter of its tasks does not count
        (Some(se), None, None, false, 100.0),
    ];
    for (stderr, clustered, clusters, of_group, worth) in cases {
        let got = Estimate::of(&found("acc", 0.5, stderr, clustered, 100), clusters, of_group).unwrap();
        assert!((got.effective - worth).abs() < 1e-9, "{stderr:?} {clustered:?}: {}", got.effective);
    }
}
