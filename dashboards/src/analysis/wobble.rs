//! The noise between checkpoints beyond item sampling, and the level that tells an ability from it.

use serde::Serialize;

use super::statistics::{finite, mean, median};

/// Prior standard deviation of the wobble: one point.
pub(crate) const WOBBLE0: f64 = 0.01;
/// What the prior weighs, in down-steps.
const NU0: f64 = 2.0;
/// Median of chi-square with one degree of freedom.
const HALF_NORMAL_MEDIAN_SQ: f64 = 0.454_936_423_119_572_83;
/// The level lies at least this far above chance.
const FLOOR: f64 = 0.02;
/// Standard deviations between chance and the level.
const Z_RISE: f64 = 3.5;
/// A level above this says nothing.
pub(crate) const LEVEL_MAX: f64 = 0.9;

/// The noise between checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Wobble {
    /// Standard deviation of one checkpoint, in the score's unit.
    pub sd: f64,
    /// Steps down it was estimated from.
    pub down_steps: usize,
    /// The wobble that [`contrast`](super::contrast) takes: wider, since `sd` is itself an estimate.
    pub for_contrast: f64,
}

/// A step from one checkpoint to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// Index of the point it leaves.
    pub(crate) from: usize,
    /// The next score minus this one.
    pub(crate) change: f64,
    /// Variance of the mean paired difference; 0 where it is unknown.
    pub(crate) item: f64,
}

/// The steps of the scores `y` that are finite numbers; `item_diff_var[k]` is the variance of the mean paired difference of the points
/// k and k+1.
pub(crate) fn steps(y: &[f64], item_diff_var: Option<&[f64]>) -> Vec<Step> {
    let item = |k: usize| item_diff_var.and_then(|known| known.get(k).copied()).and_then(finite).unwrap_or(0.0);
    let step = |(k, pair): (usize, &[f64])| Step { from: k, change: pair[1] - pair[0], item: item(k) };
    y.windows(2).enumerate().map(step).filter(|step| step.change.is_finite()).collect()
}

/// The wobble of the scores `y` in order of tokens.
///
/// A curve that does not fall steps down only by noise. With `D_k = y_{k+1}−y_k` over the m down-steps:
/// step = median(D²) / .4549, item = mean(`item_diff_var`) or 0, sd = √((2·.01² + m·max(0, (step−item)/2)) / (2+m)), and
/// `for_contrast` = sd·√(1 + 6/(m+2)). `item_diff_var[k]` is the variance of the mean paired difference of the points k and k+1;
/// where it is unknown, item noise is counted twice at worst. METHODS.md §3. Values that are not finite numbers are skipped as steps.
pub fn wobble(y: &[f64], item_diff_var: Option<&[f64]>) -> Wobble {
    wobble_of(&steps(y, item_diff_var), WOBBLE0)
}

/// [`wobble`] of these steps; `prior` is the standard deviation that is taken for granted before any is seen.
pub(crate) fn wobble_of(steps: &[Step], prior: f64) -> Wobble {
    let down = || steps.iter().filter(|step| step.change < 0.0);
    let squares: Vec<f64> = down().map(|step| step.change * step.change).collect();
    let items: Vec<f64> = down().map(|step| step.item).collect();
    let step = median(&squares).unwrap_or(0.0) / HALF_NORMAL_MEDIAN_SQ;
    let own = ((step - mean(&items).unwrap_or(0.0)) / 2.0).max(0.0);
    let m = squares.len() as f64;
    let sd = ((NU0 * prior * prior + m * own) / (NU0 + m)).sqrt();
    Wobble { sd, down_steps: squares.len(), for_contrast: sd * (1.0 + 6.0 / (m + NU0)).sqrt() }
}

/// The wobble that contrasts take of a mean over tasks, which hardly ever steps down where its tasks grow: the larger of that of its
/// down-steps ([`wobble_of`]) and that of all m steps around the median one, `own = (median((D−D̃)²)/.4549 · m/(m−1) − item)/2` with the
/// weight m−1. The median leaves out the few large steps of a rise.
pub(crate) fn common_wobble(steps: &[Step], prior: f64) -> f64 {
    let down = wobble_of(steps, prior).for_contrast;
    let m = steps.len() as f64;
    let changes: Vec<f64> = steps.iter().map(|step| step.change).collect();
    let Some(usual) = median(&changes).filter(|_| changes.len() > 1) else { return down };
    let squares: Vec<f64> = changes.iter().map(|change| (change - usual).powi(2)).collect();
    let step = median(&squares).unwrap_or(0.0) / HALF_NORMAL_MEDIAN_SQ * m / (m - 1.0);
    let item = mean(&steps.iter().map(|step| step.item).collect::<Vec<_>>()).unwrap_or(0.0);
    let own = ((step - item) / 2.0).max(0.0);
    let sd = ((NU0 * prior * prior + (m - 1.0) * own) / (NU0 + m - 1.0)).sqrt();
    down.max(sd * (1.0 + 6.0 / (m - 1.0 + NU0)).sqrt())
}

/// Fewer steps do not tell a jump from the rest.
const TELLS_JUMP: usize = 4;

/// Standard deviation of the wobble before an ability came: of the points `y`, in order of tokens, up to the one before the first that
/// is clearly above.
///
/// A curve at chance steps up by noise as it steps down, so all m steps count, around the mean step: even growth is no wobble.
/// `sd² = (2·.01² + (m−1)·max(0, (var(D) − item)/2)) / (m+1)`, var over m−1. `item` is the variance that items give a step. Few items
/// see a jump some points before they are sure of it, and the jump is no wobble either: the largest of four steps or more, when the
/// median of the points after it is over `level` and it exceeds the mean of the others by more than `3.5 √(item + 2 sd²)`, sd theirs, is left out. `None` below two
/// steps.
pub(crate) fn wobble_before(y: &[f64], item: f64, level: f64) -> Option<f64> {
    let mut steps: Vec<f64> = y.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let all = wobble_of_steps(&steps, item)?;
    let (largest, jump) = steps.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let stays = median(&y[largest + 1..]).is_some_and(|median| median > level);
    if steps.len() < TELLS_JUMP || !stays {
        return Some(all);
    }
    steps.swap_remove(largest);
    let rest = wobble_of_steps(&steps, item)?;
    let is_rise = jump - mean(&steps)? > Z_RISE * (item + 2.0 * rest * rest).sqrt();
    Some(if is_rise { rest } else { all })
}

fn wobble_of_steps(steps: &[f64], item: f64) -> Option<f64> {
    let m = steps.len() as f64;
    let centre = mean(steps).filter(|_| steps.len() > 1)?;
    let var = steps.iter().map(|step| (step - centre).powi(2)).sum::<f64>() / (m - 1.0);
    let own = ((var - item) / 2.0).max(0.0);
    finite(((NU0 * WOBBLE0 * WOBBLE0 + (m - 1.0) * own) / (NU0 + m - 1.0)).sqrt())
}

/// The level at which a share of `n` items (median over the points) is told from `chance`.
///
/// The larger root of `(L−c)² = 3.5² (L(1−L)/n + sd²)`, rounded up to whole points above chance so that it does not drift as
/// checkpoints arrive, and at least .02 above it. METHODS.md §3.
pub fn level(chance: f64, n: f64, wobble_sd: f64) -> f64 {
    let z2 = Z_RISE * Z_RISE;
    let k = z2 / n;
    let b = 2.0 * chance + k;
    let under = b * b - 4.0 * (1.0 + k) * (chance * chance - z2 * wobble_sd * wobble_sd);
    rounded(chance, (b + under.max(0.0).sqrt()) / (2.0 * (1.0 + k)))
}

/// [`level`] of a continuous metric whose points have the median standard error `se`: `c + 3.5·√(se² + sd²)`, rounded likewise.
pub fn continuous_level(chance: f64, se: f64, wobble_sd: f64) -> f64 {
    rounded(chance, chance + Z_RISE * (se * se + wobble_sd * wobble_sd).sqrt())
}

fn rounded(chance: f64, level: f64) -> f64 {
    chance + FLOOR.max((100.0 * (level - chance) - 1e-9).ceil() / 100.0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::analysis::statistics::Z95;
    use proptest::prelude::*;

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
}
