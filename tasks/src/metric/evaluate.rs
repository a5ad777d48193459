//! From item records to metric values.

use super::{Aggregation, Metric, Share, error_bar, find};
use crate::error::{Error, Result};
use crate::record::{ItemRecord, MetricValue};

/// The metrics over all records, in the order of `names`, from the records alone.
///
/// A metric that says nothing about any of the items (the option mass of choices that are whole sentences) is left
/// out, and so are all of them without records. Standard errors: see [`MetricValue`]; those of perplexities are the
/// error of the logarithm times the value (delta method), where lm-evaluation-harness bootstraps.
///
/// # Errors
/// An unknown name, a record that lacks what a metric needs, a log-likelihood that is not a number.
pub fn evaluate<S: AsRef<str>>(names: &[S], records: &[ItemRecord]) -> Result<Vec<MetricValue>> {
    let metrics = names.iter().map(|name| find(name.as_ref())).collect::<Result<Vec<_>>>()?;
    metrics.into_iter().filter_map(|metric| metric.over(records).transpose()).collect()
}

/// What [`evaluate`] would give for this one item; `None` where the metric says nothing about it.
///
/// The metric over many items is the mean of these for all but perplexities and bits per byte of texts, which weigh.
///
/// # Errors
/// As [`evaluate`].
pub fn per_item(name: &str, record: &ItemRecord) -> Result<Option<f64>> {
    let metric = find(name)?;
    Ok(metric.share(record)?.map(|share| metric.finish(share.value)))
}

/// How much this item weighs in the metric over many: 1 for most metrics, its words or bytes where the metric is counted over those.
/// `None` where the metric says nothing about it.
///
/// # Errors
/// As [`evaluate`].
pub fn weight(name: &str, record: &ItemRecord) -> Result<Option<f64>> {
    Ok(find(name)?.share(record)?.map(|share| share.weight))
}

impl Metric {
    fn share(&self, record: &ItemRecord) -> Result<Option<Share>> {
        let lacks = |what| Error::Record { doc_id: record.doc_id, metric: self.name, what };
        let share = (self.score)(record).map_err(lacks)?;
        match share {
            Some(share) if !share.value.is_finite() => Err(lacks("log-likelihoods that are numbers")),
            share => Ok(share),
        }
    }

    fn finish(&self, mean: f64) -> f64 {
        match self.aggregation {
            Aggregation::Perplexity | Aggregation::WeightedPerplexity => mean.exp(),
            Aggregation::Mean | Aggregation::Brier | Aggregation::BitsPerByte => mean,
        }
    }

    /// Derivative of [`Metric::finish`].
    fn slope(&self, mean: f64) -> f64 {
        match self.aggregation {
            Aggregation::Perplexity | Aggregation::WeightedPerplexity => mean.exp(),
            Aggregation::Mean | Aggregation::Brier | Aggregation::BitsPerByte => 1.0,
        }
    }

    fn over(&self, records: &[ItemRecord]) -> Result<Option<MetricValue>> {
        let mut shares = Vec::with_capacity(records.len());
        let mut in_clusters = Vec::with_capacity(records.len());
        for record in records {
            if let Some(share) = self.share(record)? {
                shares.push(share);
                in_clusters.push((share, record.cluster.as_deref()));
            }
        }
        let Some(mean) = error_bar::mean(&shares) else {
            return Ok(None);
        };
        let scale = |stderr: f64| stderr * self.slope(mean);
        Ok(Some(MetricValue {
            name: self.name.to_owned(),
            value: self.finish(mean),
            stderr: error_bar::plain(&shares, mean).map(scale),
            clustered_stderr: error_bar::clustered(&in_clusters, mean).map(scale),
            n: shares.len(),
        }))
    }
}
