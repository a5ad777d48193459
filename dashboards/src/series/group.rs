//! A group as a task: what holds for one task (curves, onsets, items) holds for MMLU as a whole, its subjects being clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spyglass_tasks::metric::{aggregate, evaluate};
use spyglass_tasks::{ItemRecord, MetricValue};

use super::chance;
use crate::run::{At, Cost, ItemText, Run, Subject, TaskGroup, TaskTexts, Unit, UnitRecord};

/// Where the items of a group's leaf begin: documents are numbered through the leaves in the group's order.
type Starts = BTreeMap<String, usize>;

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

fn starts(run: &Run, group: &TaskGroup, subject: &Subject) -> Starts {
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

fn one_unit(group: &TaskGroup, leaves: &BTreeMap<&str, &Unit>, starts: &Starts) -> Unit {
    let units: Vec<&Unit> = group.leaves.iter().map(|leaf| leaves[leaf.as_str()]).collect();
    let records: Vec<&UnitRecord> = units.iter().map(|unit| &unit.record).collect();
    let sum = |count: fn(&UnitRecord) -> usize| records.iter().map(|record| count(record)).sum();
    let mut record = UnitRecord {
        task: group.name.clone(),
        metrics: metrics(group, &records),
        items: sum(|record| record.items),
        items_total: sum(|record| record.items_total),
        truncated: sum(|record| record.truncated),
        off_token_edge: sum(|record| record.off_token_edge),
        warnings: Vec::new(),
        chunks: Vec::new(),
        cost: Cost::default(), // that of the leaves is counted with them
        chance: None,
        ..records[0].clone()
    };
    // Two units of the group pair their items only where all leaves have the same data.
    record.inputs.data = records.iter().map(|record| record.inputs.data.get(..8).unwrap_or_default()).collect();
    if !record.metrics.iter().any(|metric| metric.name == record.primary_metric) {
        record.primary_metric = record.metrics.first().map_or_else(String::new, |metric| metric.name.clone());
    }
    record.chance = chance::of_group(&units, &record.primary_metric, group.weighting(&record.primary_metric));
    // Of imports some leaves may have come without items: a part of them would pass for the whole.
    let whole = units.iter().all(|unit| !unit.items.is_empty());
    let items = group.leaves.iter().filter(|_| whole).flat_map(|leaf| {
        let start = starts[leaf];
        let own = leaves[leaf.as_str()].items.iter();
        own.map(move |item| ItemRecord { doc_id: start + item.doc_id, cluster: Some(leaf.clone()), ..item.clone() })
    });
    Unit { items: Arc::new(items.collect()), record }
}

/// The group's metrics on a checkpoint where all its leaves were scored: those that an import told of the group itself, else those of
/// the leaves together, for each metric that all of them have.
pub fn metrics(group: &TaskGroup, records: &[&UnitRecord]) -> Vec<MetricValue> {
    let Some(first) = records.first() else { return Vec::new() };
    let names = first.metrics.iter().map(|metric| metric.name.as_str());
    let all = |name: &str| records.iter().map(|record| record.metric(name)).collect::<Option<Vec<_>>>();
    let mut metrics: Vec<MetricValue> =
        names.filter_map(|name| aggregate(&all(name)?, group.weighting(name))).collect();
    for told in group.told_at(first.checkpoint.at(), first.shots).iter().flat_map(|told| &told.metrics) {
        match metrics.iter_mut().find(|metric| metric.name == told.name) {
            Some(metric) => *metric = told.clone(),
            None => metrics.push(told.clone()),
        }
    }
    metrics
}

/// One of the group's [`metrics`] on the units of its leaves; where a leaf's summary lacks it, its items are graded.
pub(super) fn metric(group: &TaskGroup, leaves: &[&Unit], name: &str) -> Option<MetricValue> {
    let records: Vec<&UnitRecord> = leaves.iter().map(|unit| &unit.record).collect();
    if let Some(found) = metrics(group, &records).into_iter().find(|found| found.name == name) {
        return Some(found);
    }
    let graded = |unit: &&Unit| match unit.record.metric(name) {
        Some(found) => Some(found.clone()),
        None => evaluate(&[name], &unit.items).ok()?.pop(),
    };
    let graded: Vec<MetricValue> = leaves.iter().map(graded).collect::<Option<_>>()?;
    aggregate(&graded.iter().collect::<Vec<_>>(), group.weighting(name))
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
mod tests {
    use super::*;
    use crate::run::{GroupScores, RunTree};
    use crate::series::{Estimate, Series, subjects};
    use serde_json::{from_value, json};

    fn unit(task: &str, step: u64, right: &[bool]) -> Unit {
        let items: Vec<ItemRecord> = (right.iter().enumerate())
            .map(|(doc_id, right)| ItemRecord { doc_id, gold: usize::from(!right), ..ItemRecord::default() })
            .collect();
        let value = right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
        let record = from_value(json!({
            "key": "k", "task": task, "shots": 5, "chance": 0.25, "primary_metric": "acc", "items": right.len(), "items_total": right.len(),
            "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": task, "task_definition": "d",
                "data": "d", "shots": 5, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
            "checkpoint": {"branch": "trunk", "step": step, "tokens": step, "location": ""}, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
            "metrics": [MetricValue { name: "acc".into(), value, stderr: Some(0.1), clustered_stderr: None, n: right.len() }],
            "cost": {"seconds": 1.0, "tokens_computed": 10, "tokens_requested": 30}, "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
        }));
        Unit { record: record.unwrap(), items: Arc::new(items) }
    }

    #[test]
    fn a_group_counts_items_and_needs_all_its_leaves() {
        let leaves = vec!["a".into(), "b".into()];
        let group = TaskGroup { name: "both".into(), leaves, weight_by_size: true, ..TaskGroup::default() };
        let units = vec![unit("a", 1, &[true, false]), unit("b", 1, &[true, true, true, false]), unit("a", 2, &[true])];
        let mut run = run_of(units, group);
        add_groups(&mut run);
        let added: Vec<&Unit> = run.units.iter().filter(|unit| unit.record.task == "both").collect();
        assert_eq!(added.len(), 1, "step 2 lacks a leaf");
        let record = &added[0].record;
        assert!((record.metrics[0].value - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!((record.items, record.cost.tokens_computed), (6, 0));
        let ids: Vec<usize> = added[0].items.iter().map(|item| item.doc_id).collect();
        assert_eq!(ids, [0, 1, 2, 3, 4, 5]);
        assert_eq!(added[0].items[2].cluster.as_deref(), Some("b"));
    }

    fn run_of(units: Vec<Unit>, group: TaskGroup) -> Run {
        Run {
            name: String::new(),
            tree: RunTree::default(),
            units,
            packs: Vec::new(),
            ratings: Vec::new(),
            notes: Vec::new(),
            superseded: Vec::new(),
            failures: Vec::new(),
            texts: Vec::new(),
            groups: vec![group],
            run_file: String::new(),
            generated: String::new(),
            version: String::new(),
        }
    }

    #[test]
    fn a_group_is_as_sure_in_the_findings_as_on_its_page() {
        // Tasks of unlike size that score alike: nothing is between them, however each counts.
        for weight_by_size in [true, false] {
            let units = vec![unit("a", 1, &[true, false]), unit("b", 1, &[true, true, true, false, false, false])];
            let leaves = vec!["a".into(), "b".into()];
            let group = TaskGroup { name: "both".into(), leaves, weight_by_size, ..TaskGroup::default() };
            let mut run = run_of(units, group);
            let measured = subjects(&run).into_iter().find(|measured| measured.subject.is_group).unwrap();
            let found = Series::of(measured).points.values().next().unwrap().estimate;
            assert_eq!((found.value, found.se, found.effective), (0.5, Some(0.0), 8.0));
            add_groups(&mut run);
            let page = Estimate::of(&run.units.last().unwrap().record.metrics[0], Some(2), true);
            assert_eq!(page, Some(found));
        }
    }

    #[test]
    fn a_group_is_what_its_weights_or_an_import_make_it() {
        let units = || vec![unit("a", 1, &[true, false]), unit("b", 1, &[true, true, true, false, false, false])];
        let told = GroupScores {
            branch: "trunk".into(),
            step: 1,
            variant: None,
            shots: 5,
            metrics: vec![MetricValue {
                name: "acc".into(),
                value: 0.9,
                stderr: Some(0.08),
                clustered_stderr: None,
                n: 8,
            }],
        };
        let elsewhere = GroupScores { step: 2, ..told.clone() };
        let unlike = vec![unit("a", 1, &[true, true]), unit("b", 1, &[true, true, true, false, false, false])];
        let cases = [
            (units(), true, vec![], 0.5),
            (unlike.clone(), true, vec![], 5.0 / 8.0),
            (unlike.clone(), false, vec![], 0.75),
            (unlike.clone(), false, vec![told], 0.9),
            (unlike, false, vec![elsewhere], 0.75),
        ];
        for (units, weight_by_size, told, wanted) in cases {
            let leaves = vec!["a".into(), "b".into()];
            let group = TaskGroup { name: "both".into(), leaves, weight_by_size, told, ..TaskGroup::default() };
            let mut run = run_of(units, group);
            add_groups(&mut run);
            let record = &run.units.last().unwrap().record;
            assert_eq!((record.task.as_str(), record.items), ("both", 8));
            assert!(
                (record.metrics[0].value - wanted).abs() < 1e-12,
                "{} instead of {wanted}",
                record.metrics[0].value
            );
        }
    }
}
