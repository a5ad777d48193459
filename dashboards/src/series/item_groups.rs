//! Groups of items within a task.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use spyglass_tasks::{ItemRecord, metric};

use super::measured::Measured;
use super::page::judge_lines;
use super::parts::{MOST_PARTS, PartFindings};
use super::path::path_findings;
use super::values::Series;
use crate::run::{At, Run, TaskTexts, Unit, UnitRecord};

pub(super) fn item_groups(run: &Run, series: &Series<'_>) -> Vec<PartFindings> {
    let own = &series.subject;
    let of_task = |texts: &&TaskTexts| texts.subject() == *own;
    let Some(texts) = run.texts.iter().find(of_task) else { return Vec::new() };
    let part_of: HashMap<usize, &str> =
        texts.items.iter().filter_map(|text| Some((text.doc_id, text.subject.as_deref()?))).collect();
    let names: BTreeSet<&str> = part_of.values().copied().collect();
    if !(2..=MOST_PARTS).contains(&names.len()) {
        return Vec::new();
    }
    let beside = names.len();
    let mut parts: Vec<PartFindings> =
        names.into_iter().map(|name| item_group(run, series, &part_of, name, beside)).collect();
    judge_lines(&mut parts.iter_mut().flat_map(|part| &mut part.paths).collect::<Vec<_>>());
    parts
}

/// The task as if it had only the items of one group.
fn item_group(
    run: &Run,
    series: &Series<'_>,
    part_of: &HashMap<usize, &str>,
    name: &str,
    beside: usize,
) -> PartFindings {
    let units: Vec<(At<'_>, Unit)> = (series.units.iter())
        .filter_map(|(at, units)| {
            let [unit] = units.as_slice() else { return None };
            let in_group = unit.items.iter().filter(|item| part_of.get(&item.doc_id) == Some(&name));
            Some((*at, only(unit, in_group, &series.metric, name)?))
        })
        .collect();
    let measured = Measured {
        subject: series.subject.clone(),
        units: units.iter().map(|(at, unit)| (*at, vec![unit])).collect::<BTreeMap<_, _>>(),
        plain_mean: false,
        group: None,
    };
    let part = Series::of(measured);
    let paths = run.tree.branches.iter().filter_map(|branch| path_findings(run, &part, branch, beside)).collect();
    PartFindings { name: name.to_owned(), chance: part.chance, paths }
}

/// The unit with these items alone; `None` where the metric says nothing about them.
fn only<'i>(unit: &Unit, items: impl Iterator<Item = &'i ItemRecord>, metric: &str, part: &str) -> Option<Unit> {
    // Inside its part, a cluster of that name holds everything together and says nothing.
    let alone = |item: &ItemRecord| ItemRecord {
        cluster: item.cluster.clone().filter(|cluster| cluster != part),
        ..item.clone()
    };
    let items: Vec<ItemRecord> = items.map(alone).collect();
    let metrics = metric::evaluate(&[metric], &items).ok().filter(|metrics| !metrics.is_empty())?;
    let record = UnitRecord {
        metrics,
        primary_metric: metric.to_owned(),
        items: items.len(),
        items_total: items.len(),
        ..unit.record.clone()
    };
    Some(Unit { record, items: Arc::new(items) })
}
