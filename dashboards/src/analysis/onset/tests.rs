//! Tests of `onset`.

use proptest::prelude::*;

use super::*;

#[test]
fn points_without_a_score_are_left_out() {
    let curve = Curve {
        tokens: vec![1, 2, 3],
        score: vec![f64::NAN, f64::INFINITY, 0.5],
        noise: Noise::Items(vec![100.0, 100.0, 0.0]),
        chance: 0.25,
        delta: None,
        item_diff_var: None,
    };
    assert_eq!(onset(&curve), Onset::bare(Status::NoData, None));
}

proptest! {
    #[test]
    fn any_curve_has_an_honest_answer(
        points in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..25),
        chance in prop::num::f64::ANY,
        delta in prop::option::of(prop::num::f64::ANY),
        continuous in any::<bool>(),
    ) {
        let worth: Vec<f64> = points.iter().map(|p| p.1).collect();
        let curve = Curve {
            tokens: (0..points.len() as u64).collect(),
            score: points.iter().map(|p| p.0).collect(),
            noise: if continuous { Noise::StandardErrors(worth.clone()) } else { Noise::Items(worth.clone()) },
            chance,
            delta,
            item_diff_var: Some(worth),
        };
        let found = onset(&curve);
        if let (Some(after), Some(by)) = (found.after(), found.by()) {
            prop_assert!(after < by);
        }
    }

    #[test]
    fn a_sane_curve_gives_no_nan(scores in prop::collection::vec(0.0..=1.0_f64, 1..30), n in 1.0..20_000.0_f64) {
        let curve = Curve {
            tokens: (0..scores.len() as u64).map(|k| k * 1000).collect(),
            noise: Noise::Items(vec![n; scores.len()]),
            score: scores,
            chance: 0.25,
            delta: None,
            item_diff_var: None,
        };
        let found = onset(&curve);
        let fit = found.fit.iter();
        prop_assert!(fit.flat_map(|fit| fit.isotonic.iter().chain(&fit.confidence)).all(|v| v.is_finite()));
    }
}
