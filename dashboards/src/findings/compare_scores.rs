//! Two sides without items to pair, as imported scores are: compared by the scores alone.

use super::ComparedTask;
use crate::analysis::confidence::Z95;
use crate::analysis::detectable;
use crate::analysis::statistics::phi;
use crate::run::{Subject, UnitRecord};
use crate::series::{Difference, is_fraction};

/// The difference of two scores whose items are not known, as if other items had been asked: `SE² = SE_a² + SE_b²`.
///
/// Where both were asked the same items, as of one task they mostly were, the interval is wider than it had to be: what it calls a change is
/// one. Source: Miller (2024), arXiv 2411.00640, unpaired differences.
pub(super) fn by_scores(subject: &Subject, a: &UnitRecord, b: &UnitRecord) -> Result<ComparedTask, String> {
    let metric = &b.primary_metric;
    let found = [a, b].map(|record| {
        let found = record.metric(metric)?;
        Some((found.value, found.clustered_stderr.or(found.stderr)?, found.n))
    });
    let [Some((first, first_se, first_n)), Some((second, second_se, second_n))] = found else {
        return Err(format!("neither side has its items, nor both an error of `{metric}`"));
    };
    let (value, se) = (second - first, first_se.hypot(second_se));
    if !value.is_finite() || !se.is_finite() {
        return Err(format!("`{metric}` is no number"));
    }
    let interval = (value - Z95 * se, value + Z95 * se);
    let difference = Difference { value, se, interval, items: first_n.min(second_n), partial: false };
    Ok(ComparedTask { unpaired: true, ..without_flips(subject, metric, (first, second), difference) })
}

/// Two scores and their difference, of which no single items can be told: p is that of the difference over its standard error.
pub(super) fn without_flips(
    subject: &Subject,
    metric: &str,
    (a, b): (f64, f64),
    difference: Difference,
) -> ComparedTask {
    let p = z_test(&difference);
    ComparedTask {
        subject: subject.clone(),
        fraction: is_fraction(metric),
        metric: metric.to_owned(),
        a,
        b,
        detectable: detectable(difference.se, difference.items, false),
        difference,
        only_a: 0,
        only_b: 0,
        lost: Vec::new(),
        gained: Vec::new(),
        mcnemar: None,
        p,
        p_holm: p,
        p_bh: p,
        clusters: None,
        other_tokens: false,
        unpaired: false,
    }
}

/// Two-sided p of a difference over its standard error.
pub(super) fn z_test(difference: &Difference) -> f64 {
    let z = if difference.value == 0.0 { 0.0 } else { difference.value.abs() / difference.se };
    (2.0 * phi(-z)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};
    use spyglass_tasks::MetricValue;

    fn record(value: f64, stderr: Option<f64>) -> UnitRecord {
        let metric = MetricValue { name: "acc".into(), value, stderr, clustered_stderr: None, n: 400 };
        from_value(json!({
            "key": "k", "task": "t", "shots": 0, "chance": 0.25, "primary_metric": "acc", "items": 400, "items_total": 400,
            "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": "t", "task_definition": "d",
                "data": "d", "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
            "checkpoint": {"branch": "trunk", "step": 1, "tokens": 1, "location": ""}, "truncated": 0, "off_token_edge": 0, "warnings": [],
            "chunks": [], "metrics": [metric], "cost": {"seconds": 1.0, "tokens_computed": 1, "tokens_requested": 1}, "finished": "", "version": ""
        }))
        .unwrap()
    }

    #[test]
    fn scores_alone_are_compared_as_of_other_items() {
        let subject = Subject::task("t", 0, None);
        let found = by_scores(&subject, &record(0.5, Some(0.03)), &record(0.6, Some(0.04))).unwrap();
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-4, "{found} instead of {wanted}");
        near(found.difference.value, 0.1);
        near(found.difference.se, 0.05);
        near(found.difference.interval.0, 0.002);
        near(found.p, 0.0455); // z = 2
        near(found.detectable.unwrap(), 0.1401);
        assert!(found.unpaired && found.mcnemar.is_none() && found.difference.items == 400);
        near(by_scores(&subject, &record(0.5, Some(0.0)), &record(0.5, Some(0.0))).unwrap().p, 1.0);
        let wrong = by_scores(&subject, &record(0.5, None), &record(0.6, Some(0.04)));
        assert_eq!(wrong.unwrap_err(), "neither side has its items, nor both an error of `acc`");
    }
}
