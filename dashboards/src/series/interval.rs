//! What tells the error of one measured value, and its 95 % interval: the one place that works it out, for curves, words and pages.

use spyglass_tasks::MetricValue;
use spyglass_tasks::metric::{Noise, noise};

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
            bounded: is_fraction(&found.name) && (0.0..=1.0).contains(&value),
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
mod tests {
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
}
