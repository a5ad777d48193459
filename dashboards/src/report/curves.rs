//! From a run to its curves: which task was measured where, on axes that all plots share.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::axes::{BranchPlaces, places};
use crate::plots::{Band, BranchPhase, Point, Rate, Series, TokenAxis};
use crate::run::{At, Axis, Branch, Checkpoint, Run, Subject, TaskGroup, Unit, keep_one_stretch};
use crate::series::chance;
use crate::series::{Estimate, are_shares, is_fraction};

/// One checkpoint's measured values, oldest first along the branch.
#[derive(Debug, Clone)]
pub(crate) struct Measured<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) point: Point,
    pub(crate) items: usize,
}

/// One task's curves on all branches.
pub(crate) struct TaskCurves<'a> {
    pub(crate) run: &'a Run,
    pub(crate) subject: Subject,
    pub(crate) metric: String,
    pub(crate) chance: Option<f64>,
    pub(crate) fractions: bool,
    pub(crate) range: (f64, f64),
    pub(crate) series: Vec<Series>,
    /// Beside each series: its measured checkpoints.
    pub(crate) measured: Vec<Vec<Measured<'a>>>,
    /// What a sweep has still to add.
    pub(crate) lacking: Lacking,
}

/// How many checkpoints curves still wait for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lacking {
    /// On all branches.
    pub(crate) in_all: usize,
    /// By branch: on the path to its end.
    pub(crate) on: BTreeMap<String, usize>,
}

impl Lacking {
    pub(crate) fn of(run: &Run, subject: &Subject) -> Self {
        let on = |branch: &Branch| (branch.name.clone(), run.lacks(subject, Some(&branch.name)));
        Self { in_all: run.lacks(subject, None), on: run.tree.branches.iter().map(on).collect() }
    }
}

/// A task's units by branch, step and variant.
pub(crate) type Units<'a> = BTreeMap<At<'a>, &'a Unit>;

/// One task with its units.
pub(crate) struct TaskUnits<'a> {
    pub(crate) subject: Subject,
    pub(crate) units: Units<'a>,
    /// The metric drawn first.
    pub(crate) primary: String,
}

/// Every task of the run, by name.
pub(crate) fn tasks(run: &Run) -> Vec<TaskUnits<'_>> {
    let mut tasks: BTreeMap<Subject, Units<'_>> = BTreeMap::new();
    for unit in &run.units {
        let record = &unit.record;
        let is_group = |group: &&TaskGroup| group.name == record.task && !group.leaves.contains(&record.task);
        let subject = record.subject();
        let subject = match run.groups.iter().find(is_group) {
            Some(group) => subject.group(&group.name),
            None => subject,
        };
        tasks.entry(subject).or_default().insert(record.checkpoint.at(), unit);
    }
    tasks.values_mut().for_each(keep_one_stretch);
    let with_primary = tasks.into_iter().map(|(subject, units)| {
        let primary = units.values().next_back().map(|unit| unit.record.primary_metric.clone()).unwrap_or_default();
        TaskUnits { subject, units, primary }
    });
    with_primary.collect()
}

impl<'a> TaskUnits<'a> {
    /// The unit of a checkpoint.
    pub(crate) fn at(&self, checkpoint: &Checkpoint) -> Option<&'a Unit> {
        self.units.get(&checkpoint.at()).copied()
    }

    /// Names of all metrics that any of its units has, the primary one first.
    pub(crate) fn metrics(&self) -> Vec<String> {
        let mut names = vec![self.primary.clone()];
        for metric in self.units.values().flat_map(|unit| &unit.record.metrics) {
            if !names.contains(&metric.name) {
                names.push(metric.name.clone());
            }
        }
        names
    }

    /// Score of guessing, as the newest checkpoint tells of which it is known.
    pub(crate) fn chance(&self, metric: &str) -> Option<f64> {
        self.units.values().rev().find_map(|unit| chance::of(unit, metric))
    }

    /// The curves of one metric.
    pub(crate) fn curves(&self, run: &'a Run, metric: &str) -> TaskCurves<'a> {
        one_task(run, self, metric)
    }
}

fn one_task<'a>(run: &'a Run, task: &TaskUnits<'a>, metric: &str) -> TaskCurves<'a> {
    let (subject, metric) = (task.subject.clone(), metric.to_owned());
    let fractions = is_fraction(&metric);
    let chance = task.chance(&metric).filter(|_| fractions);
    let estimate = |unit: &Unit| Estimate::of(unit.record.metric(&metric)?, clusters(unit), subject.is_group);
    let share = are_shares(&metric, task.units.values().filter_map(|unit| Some(estimate(unit)?.value)));
    let at = |checkpoint: &'a Checkpoint| -> Option<Measured<'a>> {
        let found = estimate(task.at(checkpoint)?)?;
        let point = Point { tokens: checkpoint.tokens as f64, value: found.value, interval: found.interval(share) };
        Some(Measured { checkpoint, point, items: found.n })
    };
    let mut series = Vec::new();
    let mut measured = Vec::new();
    for branch in &run.tree.branches {
        let in_place = |checkpoint: &&Checkpoint| run.tree.is_in_place(checkpoint.at());
        let fork = fork_point(run, branch).filter(in_place).and_then(&at).map(|m| m.point);
        let (own, misplaced): (Vec<_>, Vec<_>) = branch.checkpoints.iter().partition(in_place);
        let all: Vec<Option<Measured<'_>>> = own.into_iter().map(&at).collect();
        let hollow: Vec<Point> = misplaced.into_iter().filter_map(&at).map(|m| m.point).collect();
        if all.iter().all(Option::is_none) && hollow.is_empty() {
            continue;
        }
        let points = all.iter().map(|m| m.as_ref().map(|m| m.point.clone())).collect();
        series.push(Series { name: branch.name.clone(), colour: run.tree.colour(&branch.name), fork, points, hollow });
        measured.push(all.into_iter().flatten().collect());
    }
    let range = range(&series, chance, fractions);
    let lacking = Lacking::of(run, &subject);
    TaskCurves { run, subject, metric, chance, fractions, range, series, measured, lacking }
}

/// How many clusters the items of a unit fall into; an item without one is its own.
fn clusters(unit: &Unit) -> Option<usize> {
    let named: HashSet<&String> = unit.items.iter().filter_map(|item| item.cluster.as_ref()).collect();
    let alone = unit.items.iter().filter(|item| item.cluster.is_none()).count();
    (!named.is_empty()).then_some(named.len() + alone)
}

/// The checkpoint of an ancestor at which the branch leaves.
pub(crate) fn fork_point<'a>(run: &'a Run, branch: &Branch) -> Option<&'a Checkpoint> {
    let fork = branch.fork.as_ref()?;
    let parent = run.tree.branch(&fork.branch)?;
    parent.checkpoints.iter().find(|checkpoint| checkpoint.step == fork.step && checkpoint.variant.is_none())
}

/// Ends of the vertical axis: from a little under chance (or the lowest interval) to a little above the highest, at least
/// ten points high, so that noise never looks like growth.
pub(crate) fn range(series: &[Series], chance: Option<f64>, fractions: bool) -> (f64, f64) {
    let points = || series.iter().flat_map(|s| s.points.iter().flatten().chain(&s.fork).chain(&s.hollow));
    let low = points().map(|p| p.interval.map_or(p.value, |i| i.0)).chain(chance).fold(f64::INFINITY, f64::min);
    let high = points().map(|p| p.interval.map_or(p.value, |i| i.1)).chain(chance).fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    let least = if fractions { 0.1 } else { (high.abs() * 0.1).max(1e-6) };
    let spare = ((high - low).max(least) - (high - low)) / 2.0 + (high - low) * 0.06;
    // An axis of shares ends at none and at all, unless a value that is no share lies beyond.
    let are_shares = low >= 0.0 && high <= 1.0;
    let (low, high) = (low - spare, high + spare);
    if fractions && are_shares { (low.max(0.0), high.min(1.02)) } else { (low, high) }
}

/// The axis that every plot of the run shares.
pub(crate) fn axis(run: &Run) -> TokenAxis {
    let checkpoints = run.tree.branches.iter().flat_map(|b| &b.checkpoints).map(|c| c.tokens as f64);
    TokenAxis::over(checkpoints)
}

/// The first trunk's phases, cut to the axis.
pub(crate) fn bands(run: &Run, axis: &TokenAxis) -> Vec<Band> {
    let Some(trunk) = run.tree.branches.first() else { return Vec::new() };
    let ends = trunk.phases.iter().skip(1).map(|p| p.from_tokens as f64).chain([axis.to]);
    let band = |(start, end): (&crate::run::PhaseStart, f64)| Band {
        from: (start.from_tokens as f64).clamp(axis.from, axis.to),
        to: end.clamp(axis.from, axis.to),
        name: start.phase.name().to_owned(),
    };
    trunk.phases.iter().zip(ends).map(band).filter(|band| band.to > band.from).collect()
}

/// What every branch goes through after its fork, cut to its own stretch of the axis.
fn branch_phases(run: &Run, axis: &TokenAxis) -> Vec<BranchPhase> {
    let mut found = Vec::new();
    for branch in &run.tree.branches {
        let Some(fork) = &branch.fork else { continue };
        let logged = branch.log.entries.iter().filter_map(|entry| entry.tokens);
        let Some(end) = branch.checkpoints.iter().map(|checkpoint| checkpoint.tokens).chain(logged).max() else {
            continue;
        };
        let ends = branch.phases.iter().skip(1).map(|next| next.from_tokens).chain([end]);
        let own = branch.phases.iter().zip(ends).map(|(start, to)| BranchPhase {
            branch: branch.name.clone(),
            colour: run.tree.colour(&branch.name),
            from: (start.from_tokens.max(fork.tokens) as f64).clamp(axis.from, axis.to),
            to: (to.min(end) as f64).clamp(axis.from, axis.to),
            name: start.phase.name().to_owned(),
        });
        found.extend(own.filter(|phase| phase.to > phase.from));
    }
    found
}

/// Learning rate or loss of every branch, inside the axis.
pub(crate) fn logged(run: &Run, axis: &TokenAxis, what: Logged) -> Vec<Rate> {
    let pick = |branch: &Branch| -> Vec<(f64, f64)> {
        let entries = branch.log.entries.iter();
        let pairs = entries.filter_map(|entry| {
            let value = match what {
                Logged::LearningRate => entry.learning_rate,
                Logged::Loss => entry.loss,
            };
            Some((entry.tokens? as f64, value?))
        });
        pairs.filter(|(t, v)| v.is_finite() && (axis.from..=axis.to).contains(t)).collect()
    };
    let all = run.tree.branches.iter();
    all.map(|branch| Rate { branch: branch.name.clone(), colour: run.tree.colour(&branch.name), points: pick(branch) })
        .filter(|r| r.points.len() > 1)
        .collect()
}

/// A column of the training log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logged {
    LearningRate,
    Loss,
}

/// Different items of a task: the largest count at any checkpoint.
pub(crate) fn items(task: &TaskCurves<'_>) -> usize {
    task.measured.iter().flatten().map(|m| m.items).max().unwrap_or(0)
}

/// Names of branches that have at least one checkpoint.
pub(crate) fn branches(run: &Run) -> BTreeSet<&str> {
    run.tree.branches.iter().filter(|b| !b.checkpoints.is_empty()).map(|b| b.name.as_str()).collect()
}

/// What all plots of a report share.
pub(crate) struct Shared {
    /// What the axis counts.
    pub(crate) counts: Axis,
    pub(crate) axis: TokenAxis,
    pub(crate) bands: Vec<Band>,
    pub(crate) phases: Vec<BranchPhase>,
    pub(crate) rates: Vec<Rate>,
    pub(crate) places: Vec<BranchPlaces>,
}

impl Shared {
    pub(crate) fn of(run: &Run) -> Self {
        let axis = axis(run);
        Self {
            bands: bands(run, &axis),
            phases: branch_phases(run, &axis),
            rates: logged(run, &axis, Logged::LearningRate),
            places: places(run),
            counts: run.tree.axis.clone(),
            axis,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_every_value() {
        for (value, wanted) in [(0.5, (0.45, 0.55)), (0.0, (0.0, 0.05)), (1.0, (0.95, 1.02))] {
            let (low, high) = range(&[series(value)], None, true);
            assert!((low - wanted.0).abs() < 1e-9 && (high - wanted.1).abs() < 1e-9, "{value}: {low} {high}");
        }
        for value in [45.0, 1.2, -0.2] {
            let (low, high) = range(&[series(value)], Some(0.25), true);
            assert!(low < value.min(0.25) && value.max(0.25) < high, "{value}: {low} {high}");
        }
    }

    fn series(value: f64) -> Series {
        let point = Point { tokens: 1.0, value, interval: None };
        Series { name: "trunk".into(), colour: 0, fork: None, points: vec![Some(point)], hollow: Vec::new() }
    }
}
