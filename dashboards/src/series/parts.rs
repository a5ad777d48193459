//! The parts of a task, each with its own findings: the subjects of a group, the item groups of a single task.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use spyglass_tasks::{ItemRecord, metric};

use super::TaskFindings;
use super::measured::Measured;
use super::page::judge_lines;
use super::path::{PathFindings, path_findings};
use super::values::Series;
use crate::run::{At, Run, TaskTexts, Unit, UnitRecord};

/// A table with more rows says nothing.
const MOST_PARTS: usize = 80;

/// One part of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct PartFindings {
    /// Its name: a leaf of the group, a subject of the items.
    pub name: String,
    /// Score of guessing.
    pub chance: Option<f64>,
    /// One path for each branch that has points, in the order of the branches.
    pub paths: Vec<PathFindings>,
}

impl PartFindings {
    /// The path to the end of a branch.
    pub fn path(&self, branch: &str) -> Option<&PathFindings> {
        self.paths.iter().find(|path| path.branch == branch)
    }

    /// Where it stands among the others: the earliest upper end of an onset, then its estimate, then the better score.
    fn rank(&self) -> (u64, f64, f64) {
        let onsets = || self.paths.iter().filter_map(|path| path.onset.as_ref());
        let by = onsets().filter_map(crate::analysis::Onset::by).min().unwrap_or(u64::MAX);
        let estimate = onsets().filter_map(|onset| onset.fit.as_ref()?.estimate).fold(f64::INFINITY, f64::min);
        let newest = self.paths.iter().filter_map(|path| path.points.last()).map(|point| point.value);
        (by, estimate, -newest.fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The parts of `task`, ordered by onset; none where there are fewer than two or too many to be read.
pub(crate) fn parts(run: &Run, series: &Series<'_>, task: &TaskFindings, tasks: &[TaskFindings]) -> Vec<PartFindings> {
    let mut parts = if task.subject.is_group { leaves(run, task, tasks) } else { item_groups(run, series) };
    if parts.len() < 2 {
        return Vec::new();
    }
    parts.sort_by(|a, b| {
        let ((by_a, at_a, score_a), (by_b, at_b, score_b)) = (a.rank(), b.rank());
        let place = by_a.cmp(&by_b).then(at_a.total_cmp(&at_b)).then(score_a.total_cmp(&score_b));
        place.then_with(|| a.name.cmp(&b.name))
    });
    parts
}

fn leaves(run: &Run, group: &TaskFindings, tasks: &[TaskFindings]) -> Vec<PartFindings> {
    let own = &group.subject;
    let Some(named) = run.groups.iter().find(|named| named.name == own.task) else { return Vec::new() };
    if named.leaves.len() > MOST_PARTS {
        return Vec::new();
    }
    let is_leaf = |task: &&TaskFindings| {
        let other = &task.subject;
        !other.is_group && other.is_asked_as(own) && named.leaves.contains(&other.task)
    };
    let part = |leaf: &TaskFindings| PartFindings {
        name: leaf.subject.task.clone(),
        chance: leaf.chance,
        paths: leaf.paths.clone(),
    };
    tasks.iter().filter(is_leaf).map(part).collect()
}

fn item_groups(run: &Run, series: &Series<'_>) -> Vec<PartFindings> {
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
