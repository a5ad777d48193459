//! One number beside a limit: is the truth beyond it, within it, or can nobody tell?
//!
//! Each question is one-sided and asked at the limit itself (a score test), so that an answer exists where items do not differ at all: ten
//! items of which none flipped are not sure to be the same, and their standard error of 0 says nothing.

use super::statistics::{phi, upper_quantile};
use super::student::t_tail;

/// Chance of finding a difference of the size that is called the smallest these items could have shown.
const POWER: f64 = 0.8;
/// Fewer items than this that all differ by the same are no proof that others would.
const FEW: usize = 20;

/// A number with what its error is read from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// How much worse one side is on the same items of right or wrong: shares lost and gained, of so many independent pairs.
    Flips {
        /// Share of pairs that turned wrong.
        lost: f64,
        /// Share that turned right.
        gained: f64,
        /// Independent pairs they are worth.
        pairs: f64,
    },
    /// A share of so many independent items.
    Share {
        /// The share, in [0, 1].
        share: f64,
        /// Items it is worth.
        items: f64,
    },
    /// A mean with its standard error from `df + 1` items or clusters.
    Mean {
        /// The mean.
        value: f64,
        /// Its standard error.
        se: f64,
        /// Degrees of freedom.
        df: usize,
    },
}

/// Where a number may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not above this.
    AtMost(f64),
    /// Not below this.
    AtLeast(f64),
}

impl Bound {
    /// The limit itself.
    pub fn limit(self) -> f64 {
        match self {
            Self::AtMost(limit) | Self::AtLeast(limit) => limit,
        }
    }
}

impl Measured {
    /// The number.
    pub fn value(self) -> f64 {
        match self {
            Self::Flips { lost, gained, .. } => lost - gained,
            Self::Share { share, .. } => share,
            Self::Mean { value, .. } => value,
        }
    }

    /// Chance of a number so far beyond the bound where the truth lies on it: small where the bound is broken.
    pub fn p_broken(self, bound: Bound) -> f64 {
        match bound {
            Bound::AtMost(limit) => self.p_above(limit),
            Bound::AtLeast(limit) => self.p_below(limit),
        }
    }

    /// Chance of a number so far within the bound where the truth lies on it: small where the bound is kept.
    pub fn p_held(self, bound: Bound) -> f64 {
        match bound {
            Bound::AtMost(limit) => self.p_below(limit),
            Bound::AtLeast(limit) => self.p_above(limit),
        }
    }

    /// The smallest truth that so large a number does not refute: below it in a share `alpha` of cases at most.
    pub fn lower(self, alpha: f64) -> f64 {
        self.cross(|at| self.p_above(at) < alpha, true)
    }

    /// The largest truth that so small a number does not refute.
    pub fn upper(self, alpha: f64) -> f64 {
        self.cross(|at| self.p_below(at) >= alpha, false)
    }

    /// How far beyond `bound` the truth must lie to be found there four times in five, at `alpha`: the quantiles of `alpha` and of the power,
    /// in the standard errors that the one-sided interval has here.
    pub fn smallest_shown(self, alpha: f64) -> f64 {
        let wide = (self.upper(alpha) - self.lower(alpha)) / 2.0;
        let (z, power) = (upper_quantile(alpha), upper_quantile(1.0 - POWER));
        wide * (z + power) / z
    }

    fn p_above(self, limit: f64) -> f64 {
        match self {
            Self::Mean { df, .. } => t_tail(self.z(limit), df),
            _ => phi(-self.z(limit)),
        }
    }

    fn p_below(self, limit: f64) -> f64 {
        match self {
            Self::Mean { df, .. } => t_tail(-self.z(limit), df),
            _ => phi(self.z(limit)),
        }
    }

    /// How many standard errors the number lies above `limit`, the error being that at the limit.
    ///
    /// Flips: with q the likeliest share gained where lost − gained is the limit Δ, `z = (l − g − Δ) / √((2q + Δ(1−Δ))/n)`, q the larger
    /// root of `2q² + ((2 − l + g)Δ − l − g)q − gΔ(1−Δ) = 0`. Source: Tango (1998), Statistics in Medicine 17, 891–908. Share: Wilson's
    /// `z = (p − m) / √(m(1−m)/n)`.
    fn z(self, limit: f64) -> f64 {
        let (distance, variance) = match self {
            Self::Flips { lost, gained, pairs } => {
                let at = limit.clamp(-1.0, 1.0);
                let (b, c) = ((2.0 - lost + gained) * at - lost - gained, -gained * at * (1.0 - at));
                let root = ((b * b - 8.0 * c).max(0.0).sqrt() - b) / 4.0;
                let q = root.max(0.0).max(-at);
                (lost - gained - limit, (2.0 * q + at * (1.0 - at)).max(0.0) / pairs)
            }
            Self::Share { share, items } => {
                let at = limit.clamp(0.0, 1.0);
                (share - limit, at * (1.0 - at) / items)
            }
            Self::Mean { value, se, .. } => (value - limit, se * se),
        };
        let few = matches!(self, Self::Mean { df, .. } if df + 1 < FEW);
        if variance > 0.0 {
            distance / variance.sqrt()
        } else if distance == 0.0 || few || !variance.is_finite() {
            0.0
        } else {
            distance.signum() * f64::INFINITY
        }
    }

    /// The place where `refuted` (true on the side given by `below`) changes, by halving between values that cannot be exceeded.
    fn cross(self, is_left: impl Fn(f64) -> bool, below: bool) -> f64 {
        let (mut low, mut high) = match self {
            Self::Flips { .. } => (-1.0, 1.0),
            Self::Share { .. } => (0.0, 1.0),
            // Student's t of one degree of freedom at 1e-4 is 3183 standard errors.
            Self::Mean { value, se, .. } => (value - 1e5 * se, value + 1e5 * se),
        };
        let value = self.value();
        if below {
            high = value
        } else {
            low = value
        }
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if is_left(middle) { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }
}

#[cfg(test)]
mod tests {
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
            prop_assert!(found.smallest_shown(0.05) > 0.0);
        }
    }
}
