//! What a group of tasks scores at one checkpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use spyglass_tasks::metric::{aggregate, evaluate};
use spyglass_tasks::{ItemRecord, MetricValue};

use super::chance;
use super::group::Starts;
use crate::run::{Cost, TaskGroup, Unit, UnitRecord};

pub(super) fn one_unit(group: &TaskGroup, leaves: &BTreeMap<&str, &Unit>, starts: &Starts) -> Unit {
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
