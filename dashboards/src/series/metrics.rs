//! Metrics that follow from item records: a task that lists `acc` alone can be looked at in others too.

use rayon::prelude::*;
use spyglass_tasks::metric::evaluate;

use crate::run::Run;

/// What a reader may switch to.
const SWITCH: [&str; 6] = ["acc", "acc_norm", "p_gold", "margin", "brier_score", "option_mass"];

/// Adds to every unit of several choices the metrics that it lacks and its items give.
pub(crate) fn add_metrics(run: &mut Run) {
    run.units.par_iter_mut().for_each(|unit| {
        let choices = || unit.items.iter().flat_map(|item| &item.choices);
        if unit.items.iter().any(|item| item.choices.len() < 2) {
            return;
        }
        let letters = choices().all(|choice| choice.chars == 1); // divided by one character, acc_norm is acc
        for name in SWITCH.into_iter().filter(|name| *name != "acc_norm" || !letters) {
            if unit.record.metric(name).is_none() {
                // Records that lack what a metric needs have no such metric.
                unit.record.metrics.extend(evaluate(&[name], &unit.items).unwrap_or_default());
            }
        }
    });
}
