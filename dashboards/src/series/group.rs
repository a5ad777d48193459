//! A group as a task: what holds for one task (curves, onsets, items) holds for MMLU as a whole, its subjects being clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::group_unit::one_unit;
use crate::run::{At, ItemText, Run, Subject, TaskGroup, TaskTexts, Unit};

/// Where the items of a group's leaf begin: documents are numbered through the leaves in the group's order.
pub(super) type Starts = BTreeMap<String, usize>;

/// Adds a unit for every group at every checkpoint where all its leaves were scored, and the texts of its items.
///
/// Its items are those of the leaves, `cluster` naming the leaf; its metrics are the leaves' aggregated as the group says.
pub fn add_groups(run: &mut Run) {
    let mut units = Vec::new();
    let mut texts = Vec::new();
    for group in run.groups.iter().filter(|group| !group.leaves.is_empty()) {
        // Leaves belong together as they were asked: a 5-shot MMLU is no part of a 0-shot one.
        let asked: BTreeSet<Subject> = (run.units.iter())
            .filter(|unit| group.leaves.contains(&unit.record.task))
            .map(|unit| unit.record.subject().group(&group.name))
            .collect();
        for subject in asked {
            let starts = starts(run, group, &subject);
            units.extend(group_units(run, group, &subject, &starts));
            texts.extend(group_texts(run, group, &subject, &starts));
        }
    }
    run.units.extend(units);
    run.texts.extend(texts);
}

pub(super) fn starts(run: &Run, group: &TaskGroup, subject: &Subject) -> Starts {
    let mut next = 0;
    let mut starts = Starts::new();
    for leaf in &group.leaves {
        let is_leaf = |unit: &&Unit| unit.record.task == *leaf && unit.record.subject().is_asked_as(subject);
        let units = run.units.iter().filter(is_leaf);
        starts.insert(leaf.clone(), next);
        next += units.map(|unit| unit.record.items_total).max().unwrap_or(0);
    }
    starts
}

fn group_units(run: &Run, group: &TaskGroup, subject: &Subject, starts: &Starts) -> Vec<Unit> {
    let mut places: BTreeMap<At<'_>, BTreeMap<&str, &Unit>> = BTreeMap::new();
    for unit in run.units.iter().filter(|unit| unit.record.subject().is_asked_as(subject)) {
        if starts.contains_key(&unit.record.task) {
            places.entry(unit.record.checkpoint.at()).or_default().insert(&unit.record.task, unit);
        }
    }
    let whole = places.into_values().filter(|leaves| leaves.len() == starts.len());
    whole.map(|leaves| one_unit(group, &leaves, starts)).collect()
}

fn group_texts(run: &Run, group: &TaskGroup, subject: &Subject, starts: &Starts) -> Option<TaskTexts> {
    let mut items = Vec::new();
    for leaf in &group.leaves {
        let own = run.texts.iter().find(|t| t.task == *leaf && t.subject().is_asked_as(subject))?;
        let start = starts[leaf];
        items.extend(own.items.iter().map(|item| ItemText {
            doc_id: start + item.doc_id,
            subject: Some(leaf.clone()),
            ..item.clone()
        }));
    }
    let items = Arc::new(items);
    Some(TaskTexts { task: group.name.clone(), shots: subject.shots, perturb: subject.perturb.clone(), items })
}

#[cfg(test)]
mod tests;
