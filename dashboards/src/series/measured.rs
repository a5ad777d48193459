//! What one curve is drawn of: a task with its settings, or a group of tasks, with the units that measured it.

use std::collections::BTreeMap;

use spyglass_tasks::metric::{self, Range, Weighting, without_filter};

use super::answer_format::AnswerFormat;
use super::{CENTRED, chance};
use crate::run::{At, Run, Subject, TaskGroup, Unit, keep_one_stretch};

/// Units by checkpoint.
pub(crate) type Units<'a> = BTreeMap<At<'a>, Vec<&'a Unit>>;

/// A subject and the units that measured it, one a checkpoint (of a group, one a leaf).
pub(crate) struct Measured<'a> {
    pub(crate) subject: Subject,
    pub(crate) units: Units<'a>,
    /// Each leaf counts alike, however many items it has.
    pub(crate) plain_mean: bool,
    /// The group, where it is one.
    pub(crate) group: Option<&'a TaskGroup>,
}

/// All subjects of the run, tasks before groups.
pub(crate) fn subjects(run: &Run) -> Vec<Measured<'_>> {
    let mut leaves: BTreeMap<Subject, Units<'_>> = BTreeMap::new();
    for unit in &run.units {
        leaves.entry(unit.record.subject()).or_default().insert(unit.record.checkpoint.at(), vec![unit]);
    }
    leaves.values_mut().for_each(keep_one_stretch);
    let groups: Vec<Measured<'_>> = run.groups.iter().flat_map(|group| of_group(group, &leaves)).collect();
    // What an import told of a group whose tasks it lacks is the group's, and no task of its own.
    let is_group =
        |name: &str| run.groups.iter().any(|group| group.name == name && !group.leaves.contains(&group.name));
    leaves.retain(|subject, _| !is_group(&subject.task));
    let one = |(subject, units)| Measured { subject, units, plain_mean: false, group: None };
    let leaves = leaves.into_iter().map(one);
    leaves.chain(groups).collect()
}

/// The group with each setting that its leaves have, at the checkpoints where all of them were measured, or the group itself was.
fn of_group<'a>(group: &'a TaskGroup, all: &BTreeMap<Subject, Units<'a>>) -> Vec<Measured<'a>> {
    let is_leaf = |subject: &Subject| group.leaves.contains(&subject.task);
    // A group of one task is that task.
    let is_own = |subject: &Subject| subject.task == group.name && !is_leaf(subject) && group.leaves.len() > 1;
    let mut asked: BTreeMap<Subject, (Vec<&Units<'a>>, Units<'a>)> = BTreeMap::new();
    for (subject, units) in all.iter().filter(|(subject, _)| is_leaf(subject) || is_own(subject)) {
        let (parts, own) = asked.entry(subject.group(&group.name)).or_default();
        if is_leaf(subject) { parts.push(units) } else { own.extend(units.clone()) }
    }
    let measured = |(subject, (parts, mut units)): (_, (Vec<&Units<'a>>, Units<'a>))| {
        if parts.len() == group.leaves.len() && parts.len() > 1 {
            let everywhere = parts[0].keys().filter(|at| parts.iter().all(|part| part.contains_key(*at)));
            let together = |at: &At<'a>| parts.iter().flat_map(|part| part[at].iter().copied()).collect();
            units.extend(everywhere.map(|at| (*at, together(at))));
        }
        let mut measured = Measured { units, subject, plain_mean: false, group: Some(group) };
        measured.plain_mean = group.weighting(&measured.metric()) == Weighting::Plain;
        measured
    };
    asked.into_iter().map(measured).filter(|measured| !measured.units.is_empty()).collect()
}

impl Measured<'_> {
    /// The metric drawn first, that of the newest unit.
    pub(crate) fn metric(&self) -> String {
        let newest = self.units.values().flatten().max_by(|a, b| a.record.finished.cmp(&b.record.finished));
        newest.map(|unit| unit.record.primary_metric.clone()).unwrap_or_default()
    }

    /// Score of guessing, as the newest checkpoint tells of which it is known.
    pub(crate) fn chance(&self, metric: &str) -> Option<f64> {
        let weighting = if self.plain_mean { Weighting::Plain } else { Weighting::BySize };
        self.units.values().rev().find_map(|units| chance::of_group(units, metric, weighting))
    }

    /// Whether more of a metric is better.
    pub(crate) fn higher_is_better(&self, metric: &str) -> bool {
        self.units
            .values()
            .next_back()
            .and_then(|units| units.first())
            .is_none_or(|unit| unit.record.higher_is_better(metric))
    }

    /// How its questions are answered, from the newest unit's items.
    pub(crate) fn format(&self) -> AnswerFormat {
        let items = self.units.values().next_back().and_then(|units| units.first()).map(|unit| unit.items.as_slice());
        AnswerFormat::of(items.unwrap_or_default())
    }
}

/// Its value over items is the plain mean of the items' values, so that items can be paired.
pub(crate) fn is_mean_of_items(metric: &str) -> bool {
    use metric::Aggregation::{Brier, Mean};
    metric::find(metric).is_ok_and(|metric| matches!(metric.aggregation, Mean | Brier))
}

/// The metric lies in [0, 1], so it is drawn in per cent; that of composites may lie a little below.
pub fn is_fraction(metric: &str) -> bool {
    metric == CENTRED || metric::find(without_filter(metric)).is_ok_and(|metric| metric.range == Range::Fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::answer_format::cloze_twin;

    #[test]
    fn twins_are_found_by_name() {
        let subject = |task: &str| Subject { task: task.into(), shots: 0, perturb: None, is_group: false };
        let others: Vec<Subject> =
            ["mmlu_continuation_law", "pilot_facts_hard", "pilot_facts_easy", "pilot_stories"].map(subject).into();
        let twin = |task: &str| cloze_twin(&subject(task), others.iter()).map(|subject| subject.task.as_str());
        assert_eq!(twin("mmlu_law"), Some("mmlu_continuation_law"));
        assert_eq!(twin("pilot_letters"), Some("pilot_facts_easy"));
        assert_eq!(twin("mmlu_art"), None);
    }
}
