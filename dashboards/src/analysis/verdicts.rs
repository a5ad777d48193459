//! What verdicts on the way through training show, and how easily luck shows as much.

use serde::Serialize;

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
    pub(super) fn least_luck(&self) -> f64 {
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

#[cfg(test)]
mod tests;
