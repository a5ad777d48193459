//! One row a score: every metric of every task, group and prompt pack on every checkpoint.

use std::collections::BTreeMap;

use spyglass_dashboards::run::{Checkpoint, Run, RunTree, TaskGroup, Unit, UnitRecord};
use spyglass_dashboards::series::{CENTRED, chance, group_metrics};
use spyglass_tasks::{ItemRecord, MetricValue};

use super::score_row::ScoreRow;

/// All scores of a run, in the order of branches, steps and tasks.
pub fn score_rows(run: &Run) -> Vec<ScoreRow> {
    let mut rows = Vec::new();
    for unit in &run.units {
        // An import tells of a group by itself where it lacks some of its tasks.
        let is_group = |group: &TaskGroup| group.name == unit.record.task && !group.leaves.contains(&group.name);
        let kind = match unit.record.primary_metric.as_str() {
            CENTRED => "composite",
            _ if run.groups.iter().any(is_group) => "group",
            _ => "task",
        };
        rows.extend(unit_rows(&run.tree, &unit.record, &unit.items, kind));
    }
    for pack in &run.packs {
        rows.extend(unit_rows(&run.tree, &pack.record, &[], "pack"));
    }
    for group in &run.groups {
        rows.extend(group_rows(run, group));
    }
    let place = |branch: &str| run.tree.branches.iter().position(|known| known.name == branch);
    rows.sort_by_cached_key(|row| {
        (place(&row.branch), row.step, row.variant.clone(), row.kind, row.task.clone(), row.shots, row.perturb.clone())
    });
    rows
}

fn unit_rows(tree: &RunTree, record: &UnitRecord, items: &[ItemRecord], kind: &'static str) -> Vec<ScoreRow> {
    let row = |metric: &MetricValue| ScoreRow {
        kind,
        task: record.task.clone(),
        shots: Some(record.shots),
        perturb: record.inputs.perturb.clone(),
        primary: metric.name == record.primary_metric,
        chance: chance::of_record(record, items, &metric.name),
        key: Some(record.key.clone()),
        ..at(tree, &record.checkpoint, metric)
    };
    record.metrics.iter().map(row).collect()
}

fn at(tree: &RunTree, checkpoint: &Checkpoint, metric: &MetricValue) -> ScoreRow {
    let phases = tree.branch(&checkpoint.branch).map(|branch| branch.phases.as_slice()).unwrap_or_default();
    let phase = phases.iter().rfind(|start| start.from_step <= checkpoint.step);
    ScoreRow {
        branch: checkpoint.branch.clone(),
        step: checkpoint.step,
        variant: checkpoint.variant.clone(),
        tokens: checkpoint.tokens,
        lr: checkpoint.learning_rate,
        phase: phase.map(|start| start.phase.name()),
        kind: "task",
        task: String::new(),
        shots: None,
        perturb: None,
        metric: metric.name.clone(),
        primary: false,
        score: metric.value,
        se: metric.stderr,
        clustered_se: metric.clustered_stderr,
        n: metric.n,
        chance: None,
        key: None,
    }
}

/// The group's scores on each checkpoint that has all its tasks, for each way in which they were asked.
fn group_rows(run: &Run, group: &TaskGroup) -> Vec<ScoreRow> {
    let mut asked: BTreeMap<_, Vec<&Unit>> = BTreeMap::new();
    for unit in run.units.iter().filter(|unit| group.leaves.contains(&unit.record.task)) {
        let (record, at) = (&unit.record, &unit.record.checkpoint);
        let how = (&at.branch, at.step, &at.variant, record.shots, &record.inputs.perturb);
        asked.entry(how).or_default().push(unit);
    }
    let mut rows = Vec::new();
    for (_, units) in asked.into_iter().filter(|(_, units)| units.len() == group.leaves.len()) {
        let records: Vec<&UnitRecord> = units.iter().map(|unit| &unit.record).collect();
        let first = records[0];
        rows.extend(group_metrics(group, &records).iter().map(|metric| ScoreRow {
            kind: "group",
            task: group.name.clone(),
            shots: Some(first.shots),
            perturb: first.inputs.perturb.clone(),
            primary: metric.name == first.primary_metric,
            chance: chance::of_group(&units, &metric.name, group.weighting(&metric.name)),
            ..at(&run.tree, &first.checkpoint, metric)
        }));
    }
    rows
}
