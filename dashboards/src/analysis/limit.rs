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
        turning(self.range().0, self.value(), |at| self.p_above(at) < alpha)
    }

    /// The largest truth that so small a number does not refute.
    pub fn upper(self, alpha: f64) -> f64 {
        turning(self.value(), self.range().1, |at| self.p_below(at) >= alpha)
    }

    /// How far beyond `bound` the truth must lie to be found there four times in five, at `alpha`: the quantiles of `alpha` and of the power,
    /// in the standard errors that such a truth has. It is larger than the one that was seen where more items would have flipped.
    pub fn smallest_shown(self, bound: Bound, alpha: f64) -> f64 {
        let (z, power) = (upper_quantile(alpha), upper_quantile(1.0 - POWER));
        let seen = (self.upper(alpha) - self.lower(alpha)) / 2.0 * (z + power) / z;
        // The distance sets the error and the error the distance: a few rounds settle both.
        (0..20).fold(seen, |far, _| {
            let truth = match bound {
                Bound::AtMost(limit) => limit + far,
                Bound::AtLeast(limit) => limit - far,
            };
            self.se_at(truth).map_or(seen, |se| seen.max((z + power) * se))
        })
    }

    /// The standard error that these items would have at another truth: what is lost beyond what was seen are further flips.
    fn se_at(self, truth: f64) -> Option<f64> {
        let variance = match self {
            Self::Flips { lost, gained, pairs } => {
                let flipped = (lost + gained + (truth - lost + gained).abs()).min(1.0);
                (flipped - truth * truth) / pairs
            }
            Self::Share { items, .. } => truth * (1.0 - truth) / items,
            Self::Mean { .. } => return None,
        };
        (variance > 0.0).then(|| variance.sqrt())
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

    /// Values that the truth cannot lie beyond, or not within any level that is asked for.
    fn range(self) -> (f64, f64) {
        match self {
            Self::Flips { .. } => (-1.0, 1.0),
            Self::Share { .. } => (0.0, 1.0),
            // Student's t of one degree of freedom at 1e-4 is 3183 standard errors.
            Self::Mean { value, se, .. } => (value - 1e5 * se, value + 1e5 * se),
        }
    }
}

/// Where between `low` and `high` what holds at `low` ceases to, by halving.
fn turning(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests;
