//! Tests of `attribution`.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn masses_sum_to_one(steps in prop::collection::vec((1_u64..1000, 0.0..0.05_f64), 1..20), start in 0_u64..500) {
        let (mut tokens, mut confidence) = (vec![start], vec![0.0]);
        for (more, mass) in steps {
            tokens.push(tokens[tokens.len() - 1] + more);
            confidence.push(confidence[confidence.len() - 1] + mass);
        }
        let phases = [(Phase::Warmup, 0), (Phase::Stable, 700), (Phase::Decay, 3000), (Phase::Stable, 5000)];
        let found = phase_probabilities(&tokens, &confidence, &phases).unwrap();
        let sum = found.before_first + found.not_yet + found.phases.values().sum::<f64>();
        prop_assert!((sum - 1.0).abs() < 1e-9 && found.phases.values().all(|mass| *mass >= -1e-12));
    }

    #[test]
    fn trend_weights_reproduce_a_line(mut tokens in prop::collection::vec(1_u64..1_000_000, 3..12), at in 1_u64..2_000_000) {
        tokens.sort_unstable();
        tokens.dedup();
        if let Some(weights) = anneal_weights(&tokens, at) {
            let line = |t: u64| 0.3 + 0.02 * (t as f64).ln();
            let expected: f64 = weights.iter().zip(&tokens).map(|(w, t)| w * line(*t)).sum();
            prop_assert!((expected - line(at)).abs() < 1e-7);
        }
    }
}
