//! The score of guessing: the one place that works it out, for findings, pages and exports alike.

use std::collections::BTreeMap;

use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::{ChanceLevel, Weighting, chance_level};

use crate::run::{Unit, UnitRecord};

/// Score of guessing of one unit in one metric: as its task declares, else the mean over its items of one over the choices.
///
/// `None` where guessing tells nothing about the metric, or where nothing tells what it scores: results that came without items.
pub fn of(unit: &Unit, metric: &str) -> Option<f64> {
    of_record(&unit.record, &unit.items, metric)
}

/// [`of`] a summary whose items are apart.
pub fn of_record(record: &UnitRecord, items: &[ItemRecord], metric: &str) -> Option<f64> {
    let is_first = metric == record.primary_metric;
    let is_guessed = matches!(chance_level(metric), ChanceLevel::Choices | ChanceLevel::AmongChoices);
    let declared = record.chance.filter(|chance| chance.is_finite() && (is_first || is_guessed));
    declared.or_else(|| guessed(metric, is_first, items))
}

/// What goes into a unit's summary: the chance that the task declares, else that of its first metric.
pub fn of_task(declared: Option<f64>, primary_metric: &str, items: &[ItemRecord]) -> Option<f64> {
    declared.or_else(|| guessed(primary_metric, true, items))
}

/// Score of guessing of tasks that are read together; `None` unless it is known of each.
pub fn of_group(leaves: &[&Unit], metric: &str, weighting: Weighting) -> Option<f64> {
    let size = |unit: &Unit| match weighting {
        Weighting::BySize => unit.record.items as f64,
        Weighting::Plain => 1.0,
    };
    let whole: f64 = leaves.iter().map(|unit| size(unit)).sum();
    let weighed = leaves.iter().map(|unit| Some(of(unit, metric)? * size(unit))).sum::<Option<f64>>()?;
    (whole > 0.0).then(|| weighed / whole)
}

/// What guessing scores on these items: one over the choices, 0 where the one answer must be written.
fn guessed(metric: &str, is_first: bool, items: &[ItemRecord]) -> Option<f64> {
    let level = chance_level(metric);
    if level == ChanceLevel::Declared || level == ChanceLevel::Written && !is_first {
        return None;
    }
    // Counted by choices: a sum of hundreds of fifths would not be exact.
    let mut by_choices: BTreeMap<usize, usize> = BTreeMap::new();
    for item in items {
        match item.choices.len() {
            0 if item.generation.is_none() => return None,
            1 if level == ChanceLevel::AmongChoices => return None,
            0 | 1 => {}
            choices => *by_choices.entry(choices).or_default() += 1,
        }
    }
    let share = |(choices, count): (usize, usize)| count as f64 / (choices * items.len()) as f64;
    // From 0.0, since an empty sum is -0.0.
    (!items.is_empty()).then(|| by_choices.into_iter().map(share).fold(0.0, |sum, share| sum + share))
}
#[cfg(test)]
mod tests;
