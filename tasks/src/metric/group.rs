//! Metrics of groups of tasks (MMLU and its 57 subjects).

use super::{Share, error_bar};
use crate::record::MetricValue;

/// How much each task of a group counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// Every item counts alike (`weight_by_size: true`).
    BySize,
    /// Every task counts alike (`weight_by_size: false`).
    Plain,
}

/// One entry of a group's `aggregate_metric_list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMetric {
    /// The metric's name.
    pub name: String,
    /// How much each task counts.
    pub weighting: Weighting,
}

/// The group's metrics over its leaf tasks; `n` of each is the `sample_count` of lm-evaluation-harness.
///
/// A group of groups is taken over all leaves below it, as there. A metric counts over the leaves that have it, and is
/// left out when none has.
pub fn group(metrics: &[GroupMetric], leaves: &[&[MetricValue]]) -> Vec<MetricValue> {
    let values = metrics.iter().filter_map(|metric| {
        let having = leaves.iter().filter_map(|values| values.iter().find(|value| value.name == metric.name));
        aggregate(&having.collect::<Vec<_>>(), metric.weighting)
    });
    values.collect()
}

/// One metric over several tasks; `None` without any.
///
/// With n items and standard error s of each of k tasks, and N = Σ n, the standard error is that of lm-evaluation-harness:
/// by size √(Σ (n − 1) n s² / (N − k) / N) (the pooled variance over N), plain √(Σ s²) / k. `None` when one of the
/// tasks has none ("N/A" there). The clustered one takes each task as one cluster (as an MMLU subject), which the
/// tasks' means and sizes suffice for; `None` below two tasks.
pub fn aggregate(tasks: &[&MetricValue], weighting: Weighting) -> Option<MetricValue> {
    let name = tasks.first()?.name.clone();
    let n: usize = tasks.iter().map(|task| task.n).sum();
    let weigh = |task: &&MetricValue| match weighting {
        Weighting::BySize => Share { value: task.value, weight: task.n as f64 },
        Weighting::Plain => Share { value: task.value, weight: 1.0 },
    };
    let shares: Vec<Share> = tasks.iter().map(weigh).collect();
    let value = error_bar::mean(&shares)?;
    let variances: Option<Vec<f64>> = tasks.iter().map(|task| task.stderr.map(|stderr| stderr * stderr)).collect();
    let stderr = variances.map(|variances| match weighting {
        Weighting::BySize => pooled(tasks, &variances, n),
        Weighting::Plain => variances.iter().sum::<f64>().sqrt() / tasks.len() as f64,
    });
    Some(MetricValue { name, value, stderr, clustered_stderr: error_bar::plain(&shares, value), n })
}

fn pooled(tasks: &[&MetricValue], variances: &[f64], n: usize) -> f64 {
    let terms = tasks.iter().zip(variances).map(|(task, variance)| {
        let size = task.n as f64;
        (size - 1.0) * size * variance
    });
    // A standard error needs two items, so N exceeds k wherever there are variances to pool.
    (terms.sum::<f64>() / (n - tasks.len()) as f64 / n as f64).sqrt()
}
