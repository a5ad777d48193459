//! What verdicts on the way through training show, and how easily luck shows as much.

use serde::Serialize;

use super::contrast::benjamini_hochberg;
use super::statistics::{ALPHA, mean, phi};

/// What a row of verdicts of one prompt shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VerdictHops {
    /// Index of the first pass.
    pub first_passed: Option<usize>,
    /// It passed at every checkpoint since its first pass.
    pub since: bool,
    /// How often the verdict changed.
    pub flips: usize,
    /// At how many checkpoints it passed.
    pub passed: usize,
    /// At how many it was judged.
    pub judged: usize,
}

/// First pass and flips of one prompt's verdicts in order of tokens.
pub fn verdict_hops(passed: &[bool]) -> VerdictHops {
    let first_passed = passed.iter().position(|passed| *passed);
    VerdictHops {
        first_passed,
        since: first_passed.is_some_and(|first| passed[first..].iter().all(|passed| *passed)),
        flips: passed.windows(2).filter(|pair| pair[0] != pair[1]).count(),
        passed: passed.iter().filter(|passed| **passed).count(),
        judged: passed.len(),
    }
}

impl VerdictHops {
    /// How often verdicts that are as likely to pass at one checkpoint as at another change so seldom.
    ///
    /// Given k passes at T checkpoints every order of them is as likely, whatever the rate: the number of orders with at most as many
    /// runs, of `C(T, k)`. R = 2r runs: `2·C(k−1, r−1)·C(T−k−1, r−1)` orders, R = 2r+1: `C(k−1, r)·C(T−k−1, r−1) +
    /// C(k−1, r−1)·C(T−k−1, r)`. Source: Wald and Wolfowitz (1940), On a test whether two samples are from the same population. 1
    /// when the verdict never changed.
    pub fn luck(&self) -> f64 {
        let (k, fails) = (self.passed, self.judged - self.passed);
        if k == 0 || fails == 0 {
            return 1.0;
        }
        let orders = |runs: usize| {
            let r = runs / 2;
            let of = |passes: usize, misses: usize| (choose(k - 1, passes - 1) + choose(fails - 1, misses - 1)).exp();
            if runs.is_multiple_of(2) { 2.0 * of(r, r) } else { of(r + 1, r) + of(r, r + 1) }
        };
        let all = choose(self.judged, k).exp();
        ((2..=self.flips + 1).map(orders).sum::<f64>() / all).min(1.0)
    }

    /// The least that [`luck`](Self::luck) can be with so many passes: those of a single change.
    fn least_luck(&self) -> f64 {
        if self.passed == 0 || self.passed == self.judged {
            return 1.0;
        }
        2.0 / choose(self.judged, self.passed).exp()
    }
}

/// Natural logarithm of the binomial coefficient; −∞ where there is none.
fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    let log_factorial = |n: usize| libm::lgamma(n as f64 + 1.0);
    log_factorial(n) - log_factorial(k) - log_factorial(n - k)
}

/// Which rows of verdicts change in an order that luck does not explain, all rows of a page together ([`ALPHA`]).
///
/// Benjamini and Hochberg over the rows that could tell at all with as many passes as they have: where all rows are luck, one page in
/// fifty has any; where some changed, one in fifty of those told is expected to be luck. (Holm would tell none of forty rows that
/// all changed once, in the middle of twelve checkpoints.) The number of passes says nothing about their order, so leaving the
/// others out costs nothing. Source: Tarone (1990), Biometrics 46, 515–522.
pub fn beyond_luck(rows: &[VerdictHops]) -> Vec<bool> {
    let able: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].least_luck() <= ALPHA).collect();
    let adjusted = benjamini_hochberg(&able.iter().map(|&row| rows[row].luck()).collect::<Vec<_>>());
    let mut beyond = vec![false; rows.len()];
    for (row, p) in able.into_iter().zip(adjusted) {
        beyond[row] = p <= ALPHA;
    }
    beyond
}

/// How often prompts whose values have no order in time rise so much from the checkpoints before `split` to those from it on.
///
/// `prompts[j][k]` is prompt j's value at checkpoint k, where it was asked. With m after and before, n₁ and n₂ points:
/// `z = Σ_j (m_after − m_before) / √Σ_j s_j² (1/n₁ + 1/n₂)`, s² the variance of the prompt's values: mean and variance over all
/// orders of them. Times the number of splits, since the split was chosen where it rises. 1 where no prompt has values on both
/// sides that differ.
pub fn rise_by_luck(prompts: &[Vec<Option<f64>>], split: usize) -> f64 {
    let (mut rise, mut variance, mut checkpoints) = (0.0, 0.0, 0);
    for values in prompts {
        let known =
            |part: &[Option<f64>]| part.iter().copied().flatten().filter(|v| v.is_finite()).collect::<Vec<f64>>();
        let split = split.min(values.len());
        let (before, after) = (known(&values[..split]), known(&values[split..]));
        let Some((low, high)) = mean(&before).zip(mean(&after)) else { continue };
        let all: Vec<f64> = before.iter().chain(&after).copied().collect();
        let centre = all.iter().sum::<f64>() / all.len() as f64;
        let squares: f64 = all.iter().map(|value| (value - centre).powi(2)).sum();
        rise += high - low;
        variance += squares / (all.len() - 1) as f64 * (1.0 / before.len() as f64 + 1.0 / after.len() as f64);
        checkpoints = checkpoints.max(all.len());
    }
    if variance <= 0.0 {
        return 1.0;
    }
    (phi(-rise / variance.sqrt()) * (checkpoints - 1) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;

    fn row(passed: &str) -> VerdictHops {
        verdict_hops(&passed.chars().map(|c| c == '1').collect::<Vec<_>>())
    }

    #[test]
    fn verdicts_flip() {
        let found = row("0101");
        assert_eq!(found, VerdictHops { first_passed: Some(1), since: false, flips: 3, passed: 2, judged: 4 });
        assert_eq!(row(""), VerdictHops::default());
        assert!(row("011").since);
    }

    #[test]
    fn luck_counts_every_order_of_the_passes() {
        for passes in 0_u32..1 << 9 {
            let word = |bits: u32| (0..9).map(|k| if bits >> k & 1 == 1 { '1' } else { '0' }).collect::<String>();
            let found = row(&word(passes));
            let alike: Vec<VerdictHops> = (0_u32..1 << 9)
                .filter(|b| b.count_ones() == passes.count_ones())
                .map(|bits| row(&word(bits)))
                .collect();
            let fewer = alike.iter().filter(|other| other.flips <= found.flips).count();
            assert!((found.luck() - fewer as f64 / alike.len() as f64).abs() < 1e-12, "{passes:b}");
        }
    }

    #[test]
    fn a_clear_change_is_beyond_luck_and_six_checkpoints_are_too_few() {
        assert_eq!(beyond_luck(&["000111", "000000", "111111"].map(row)), [false; 3]);
        assert_eq!(beyond_luck(&["000000111111", "010110100101", "1"].map(row)), [true, false, false]);
        assert_eq!(beyond_luck(&["00000111110000011111"].map(row)), [true], "it comes and goes");
        let mut many = vec![row("000000111111"); 40];
        assert_eq!(beyond_luck(&many), [true; 40]);
        many[1..].fill(row("010110100101"));
        assert_eq!(beyond_luck(&many), [false; 40], "one in forty may do so by luck");
    }

    #[test]
    fn coins_of_any_rate_seldom_look_like_a_change() {
        let pages = 2000;
        for (prompts, checkpoints) in [(1, 4), (2, 6), (6, 6), (13, 8), (30, 12), (6, 30)] {
            let (mut told, mut came, mut luck) = (0, 0, draws(prompts as u64 * 100 + checkpoints as u64));
            for _ in 0..pages {
                let coins: Vec<Vec<bool>> = (0..prompts)
                    .map(|_| {
                        let rate = luck();
                        (0..checkpoints).map(|_| luck() < rate).collect()
                    })
                    .collect();
                let rows: Vec<VerdictHops> = coins.iter().map(|row| verdict_hops(row)).collect();
                told += usize::from(beyond_luck(&rows).contains(&true));
                let half = |k: usize| 2 * coins.iter().filter(|row| row[k]).count() >= prompts;
                let pack = verdict_hops(&(0..checkpoints).map(half).collect::<Vec<_>>());
                let values: Vec<Vec<Option<f64>>> =
                    coins.iter().map(|row| row.iter().map(|&pass| Some(f64::from(u8::from(pass)))).collect()).collect();
                let split = pack.first_passed.filter(|first| pack.since && *first > 0);
                came += usize::from(split.is_some_and(|split| rise_by_luck(&values, split) <= ALPHA));
            }
            let most = (0.025 * f64::from(pages)) as usize;
            assert!(told <= most && came <= most, "{prompts} prompts, {checkpoints} checkpoints: {told}, {came}");
        }
    }

    #[test]
    fn prompts_that_turn_together_rise_beyond_luck() {
        let turned = |prompts: usize| vec![[0.0, 0.0, 0.0, 1.0, 1.0, 1.0].map(Some).to_vec(); prompts];
        assert!(rise_by_luck(&turned(6), 3) < 1e-4);
        assert!(rise_by_luck(&turned(1), 3) > ALPHA);
        assert!((rise_by_luck(&[vec![Some(1.0); 6], vec![None; 6]], 3) - 1.0).abs() < 1e-12);
    }
}
