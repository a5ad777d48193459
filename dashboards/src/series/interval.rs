//! What tells the error of one measured value, and its 95 % interval: the one place that works it out, for curves, words and pages.

use spyglass_tasks::MetricValue;
use spyglass_tasks::metric::{Noise, noise};

use super::CENTRED;
use super::measured::is_fraction;
use crate::analysis::{Interval, clustered_wilson, effective_count, half_width};

/// One measured value with what its error is read from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    /// The metric.
    pub(crate) value: f64,
    /// Items behind it.
    pub(crate) n: usize,
    /// Standard error, over clusters where there are any.
    pub(crate) se: Option<f64>,
    /// Independent items that a share is worth.
    pub(crate) effective: f64,
    /// How many clusters tell its error, where they do.
    pub(crate) clusters: Option<usize>,
    /// It cannot leave [0, 1].
    bounded: bool,
}

impl Estimate {
    /// `clusters` is how many its items fall into; `of_group`: a score of several tasks, which are not drawn from one pool. Where such a
    /// score came without items its own error counts, not the scatter of its tasks.
    ///
    /// A share of n items that stand alone is worth n items: its plain standard error, with Bessel's n − 1, tells nothing that p and n
    /// do not. Where items hang together, or several tasks make the score, the error tells how many it is worth. `None` where the value
    /// is not a finite number.
    pub(crate) fn of(found: &MetricValue, clusters: Option<usize>, of_group: bool) -> Option<Self> {
        let MetricValue { value, n, stderr, clustered_stderr, .. } = *found;
        let clustered_stderr = clustered_stderr.filter(|_| clusters.is_some() || !of_group);
        let telling = clustered_stderr.or(stderr.filter(|_| of_group));
        value.is_finite().then(|| Self {
            value,
            n,
            se: clustered_stderr.or(stderr),
            effective: telling.map_or(n as f64, |se| effective_count(value, n as f64, se)),
            clusters: clusters.filter(|_| clustered_stderr.is_some()),
            bounded: found.name != CENTRED && is_fraction(&found.name) && (0.0..=1.0).contains(&value),
        })
    }

    /// The 95 % interval; `None` where its error is unknown. `share`: the noise is binomial, see [`are_shares`].
    ///
    /// Shares: Wilson (1927) with as many items as they are worth, so that it stays inside [0, 1] and has a width at 0 and 1 too. All
    /// else, probabilities included, value ± 1.96 standard errors, cut where it cannot be: a probability is no toss of a coin, and 200
    /// of them that hardly differ tell their mean far better than 200 tosses would. Both wider with few clusters.
    pub(crate) fn interval(&self, share: bool) -> Option<Interval> {
        if share {
            return clustered_wilson(self.value, self.effective, self.clusters);
        }
        let half = self.se? * half_width(self.clusters);
        let (low, high) = (self.value - half, self.value + half);
        Some(if self.bounded { (low.max(0.0), high.min(1.0)) } else { (low, high) })
    }
}

/// A share of right answers, 0 or 1 an item.
pub(crate) fn is_share(metric: &str) -> bool {
    noise(metric) == Noise::Binomial
}

/// Whether all these values of a metric are shares; an import may have measured in per cent.
pub(crate) fn are_shares(metric: &str, mut values: impl Iterator<Item = f64>) -> bool {
    is_share(metric) && values.all(|value| (0.0..=1.0).contains(&value))
}
#[cfg(test)]
mod tests;
