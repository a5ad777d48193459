//! What is known of one point of a curve.

use super::answer_format::AnswerFormat;
use super::group_unit;
use super::interval::{Estimate, is_share};
use super::items::{ItemScores, by_metric, gold_probability};
use super::measured::{Measured, is_mean_of_items};
use super::values::decomposed;
use crate::analysis::letters::LetterDecomposition;
use crate::run::Unit;

/// One measured value with everything that is paired later.
pub(crate) struct PointData {
    /// The primary metric, with what its error is read from.
    pub(crate) estimate: Estimate,
    /// The primary metric of every item.
    pub(crate) items: ItemScores,
    /// Its continuous companion, of every item.
    pub(crate) gold: ItemScores,
    /// Of lettered tasks: the mass on the letters, of every item.
    pub(crate) mass: ItemScores,
    /// Of lettered tasks: format and selection.
    pub(crate) letters: Option<LetterDecomposition>,
}

impl PointData {
    pub(super) fn of(units: &[&Unit], measured: &Measured<'_>, metric: &str, format: AnswerFormat) -> Option<Self> {
        let pick = |score: &dyn Fn(&spyglass_tasks::ItemRecord) -> Option<f64>| {
            ItemScores::of(units, measured.plain_mean, score)
        };
        let items = if is_mean_of_items(metric) { pick(&by_metric(metric)) } else { ItemScores::default() };
        let (found, clusters) = match (units, measured.group) {
            ([unit], _) => (unit.record.metric(metric)?.clone(), items.cluster_count()),
            (leaves, group) => {
                let whole = leaves.iter().all(|leaf| !leaf.items.is_empty());
                (group_unit::metric(group?, leaves, metric)?, whole.then_some(leaves.len()))
            }
        };
        let estimate = Estimate::of(&found, clusters, measured.group.is_some())?;
        let letters = format == AnswerFormat::Letters;
        Some(Self {
            estimate,
            gold: if is_share(metric) { pick(&gold_probability) } else { ItemScores::default() },
            mass: if letters { pick(&by_metric("option_mass")) } else { ItemScores::default() },
            letters: if letters { decomposed(units) } else { None },
            items,
        })
    }
}
