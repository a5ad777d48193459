//! The 95 % interval of one measured value.

use spyglass_tasks::MetricValue;

use crate::analysis::{clustered_wilson, effective_count, half_width};

/// Lower and upper end of the 95 % interval of a metric whose error so many clusters tell; `None` where its error is unknown.
///
/// Fractions: Wilson (1927) with the effective count `min(n, p(1-p)/SE²)`, SE over clusters where there are any, so that it stays
/// inside [0, 1] and has a width at 0 and 1 too. Other metrics: value ± 1.96 SE. Both wider with few clusters.
pub(crate) fn interval(metric: &MetricValue, fraction: bool, clusters: Option<usize>) -> Option<(f64, f64)> {
    let clusters = clusters.filter(|_| metric.clustered_stderr.is_some());
    let error = metric.clustered_stderr.or(metric.stderr);
    let (p, items) = (metric.value, metric.n as f64);
    if fraction {
        return clustered_wilson(p, effective_count(p, items, error.unwrap_or(0.0)), clusters);
    }
    let half = half_width(clusters);
    error.map(|se| (p - half * se, p + half * se))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_agrees_with_scipy() {
        // value, low, high of scipy.stats.binomtest(k, 10).proportion_ci(method="wilson")
        for (value, low, high) in [(0.0, 0.0, 0.2775), (0.8, 0.4902, 0.9433), (1.0, 0.7225, 1.0)] {
            let metric = MetricValue { name: "acc".into(), value, stderr: None, clustered_stderr: None, n: 10 };
            let got = interval(&metric, true, None).unwrap();
            assert!((got.0 - low).abs() < 5e-5 && (got.1 - high).abs() < 5e-5, "{value}: {got:?}");
        }
    }
}
