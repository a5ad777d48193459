//! The 95 % interval of one measured value.

use spyglass_tasks::MetricValue;

const Z95: f64 = 1.959_963_984_540_054;

/// Lower and upper end of the 95 % interval of a metric; `None` where its error is unknown.
///
/// Fractions: Wilson (1927) with the effective count `min(n, p(1-p)/SE²)`, SE over clusters where there are any, so that it stays
/// inside [0, 1] and has a width at 0 and 1 too. Other metrics: value ± 1.96 SE.
pub(crate) fn interval(metric: &MetricValue, fraction: bool) -> Option<(f64, f64)> {
    let error = metric.clustered_stderr.or(metric.stderr);
    let p = metric.value;
    if !fraction {
        return error.map(|se| (p - Z95 * se, p + Z95 * se));
    }
    let items = metric.n as f64;
    let n = match error {
        Some(se) if se > 0.0 && p > 0.0 && p < 1.0 => items.min(p * (1.0 - p) / (se * se)),
        _ => items,
    };
    if n <= 0.0 {
        return None;
    }
    let z2 = Z95 * Z95;
    let scale = 1.0 + z2 / n;
    let centre = (p + z2 / (2.0 * n)) / scale;
    let half = Z95 / scale * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_agrees_with_scipy() {
        // value, low, high of scipy.stats.binomtest(k, 10).proportion_ci(method="wilson")
        for (value, low, high) in [(0.0, 0.0, 0.2775), (0.8, 0.4902, 0.9433), (1.0, 0.7225, 1.0)] {
            let metric = MetricValue { name: "acc".into(), value, stderr: None, clustered_stderr: None, n: 10 };
            let got = interval(&metric, true).unwrap();
            assert!((got.0 - low).abs() < 5e-5 && (got.1 - high).abs() < 5e-5, "{value}: {got:?}");
        }
    }
}
