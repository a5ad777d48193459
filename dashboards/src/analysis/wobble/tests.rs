//! Tests of `wobble`.

use proptest::prelude::*;

use super::*;
use crate::analysis::confidence::Z95;
use crate::analysis::wobble_before::wobble_before;

/// `SplitMix64` (Steele, Lea and Flood 2014): the same draws everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Two checkpoints of a mean over eight tasks, 16 points before them: how often their difference lies in its 95 % interval. The tasks
/// grow by `slope` a step, and wobble by half a point each and by `common` together.
fn covered(slope: f64, common: f64, take: impl Fn(&[Step]) -> f64) -> usize {
    let mut random = Random(11);
    let mut point = |k: usize| {
        let apart: f64 = (0..8).map(|_| 0.005 * random.normal()).sum::<f64>() / 8.0;
        slope * k as f64 + common * random.normal() + apart
    };
    let mut is_covered = || {
        let y: Vec<f64> = (0..16).map(&mut point).collect();
        let difference = point(0) - point(0);
        usize::from(difference.abs() < Z95 * take(&steps(&y, None)) * 2.0_f64.sqrt())
    };
    (0..400).map(|_| is_covered()).sum()
}

#[test]
fn a_wobble_common_to_all_tasks_is_in_the_interval_of_their_mean() {
    let apart = |_: &[Step]| 0.01 / 8.0_f64.sqrt(); // as if tasks were independent
    for (slope, common) in [(0.0, 0.0), (0.0, 0.005), (0.0, 0.015), (0.02, 0.0), (0.02, 0.005), (0.02, 0.015)] {
        let whole = covered(slope, common, |steps| common_wobble(steps, WOBBLE0 / 8.0_f64.sqrt()));
        assert!(whole >= 372, "{slope}, {common}: {whole} of 400, wanted .93");
    }
    assert!(covered(0.0, 0.015, apart) < 200, "independent tasks would promise far too much");
}

#[test]
fn a_jump_is_no_wobble() {
    let calm = [0.25, 0.275, 0.225, 0.25, 0.25];
    let sd = |tail: &[f64], level: f64| wobble_before(&[&calm, tail].concat(), 0.004, level).unwrap();
    let alone = sd(&[], 0.53);
    assert!(alone < 0.01, "nothing but items: {alone}");
    assert!(sd(&[0.625, 0.6, 0.65], 0.53) < 0.011, "forty items saw it at once and were sure of it later");
    assert!(sd(&[0.625, 0.6, 0.65], 0.7) > 0.05, "it leads over no level");
    assert!(sd(&[0.625, 0.25, 0.625, 0.25], 0.53) > 0.1, "what comes and goes wobbles");
    assert!(sd(&[0.75, 0.25, 0.25], 0.53) > 0.1, "so does what came and went");
    let few = wobble_before(&[0.253, 0.23, 0.275, 0.27], 2.7e-5, 0.25).unwrap();
    assert!((few - 0.0187).abs() < 5e-4, "of three steps none stands out: {few}");
}

proptest! {
    #[test]
    fn wobble_is_always_a_number(y in prop::collection::vec(prop::num::f64::ANY, 0..30)) {
        let small: Vec<f64> = y.iter().map(|v| v % 1e6).collect();
        let found = wobble(&small, Some(&small));
        prop_assert!(found.sd >= 0.0 && found.for_contrast >= found.sd);
    }

    #[test]
    fn more_items_never_raise_the_level(c in 0.0..0.5_f64, n in 5.0..1e5_f64, sd in 0.0..0.03_f64) {
        prop_assert!(level(c, 2.0 * n, sd) <= level(c, n, sd) + 1e-12);
        prop_assert!(level(c, n, sd) >= c + FLOOR - 1e-12);
    }
}
