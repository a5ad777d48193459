//! All alarms of a run: each rule of `crate::alarms` asked wherever it applies.

use super::TaskFindings;
use super::items::paired;
use super::leaks::leaks;
use super::letters;
use super::log_alarms::of_log;
use super::path::PathFindings;
use super::series::Series;
use crate::alarms::{
    Alarm, Jump, Place, letters_alarm, lone_jump_alarm, regressed_alarm, same_weights_alarm, ties, ties_alarm,
};
use crate::run::{At, Checkpoint, Run, Unit};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// All alarms, the gravest kind first, then by task and branch.
pub(crate) fn alarms(run: &Run, series: &[Series<'_>], tasks: &[TaskFindings]) -> Vec<Alarm> {
    let mut all: Vec<Alarm> =
        (0..tasks.len()).into_par_iter().flat_map_iter(|index| of_task(run, series, tasks, index)).collect();
    all.extend(leaks(run, series, tasks));
    all.extend(copies(run));
    all.extend(run.tree.branches.iter().flat_map(|branch| of_log(&run.tree, branch)));
    all.sort_by(|a, b| (a.kind, &a.place.task, a.place.tokens).cmp(&(b.kind, &b.place.task, b.place.tokens)));
    all
}

fn of_task(run: &Run, series: &[Series<'_>], tasks: &[TaskFindings], index: usize) -> Vec<Alarm> {
    let mut found = Vec::new();
    for path in &tasks[index].paths {
        let place = |k: usize| Place {
            task: Some(tasks[index].subject.title()),
            branch: path.branch.clone(),
            step: Some(path.points[k].step),
            tokens: Some(path.points[k].tokens),
        };
        found.extend(jumped(run, series, tasks, index, path));
        let last = path.points.len() - 1;
        let spread = letters::spread(run, &series[index], &tasks[index], path);
        found.extend(spread.and_then(|(spread, verdict)| letters_alarm(place(last), &spread, verdict)));
        found.extend(tied(run, &series[index], path, &place));
        if let Some(drop) = path.drop.filter(|_| path.regressed) {
            let (from, task) = (path.points[drop.from].tokens, &tasks[index]);
            found.push(regressed_alarm(place(last), drop, from, task.fraction, task.higher_is_better));
        }
    }
    found
}

/// Lone jumps, for the branch's own steps (the trunk's are told once): of several lone jumps the first.
fn jumped(
    run: &Run,
    series: &[Series<'_>],
    tasks: &[TaskFindings],
    index: usize,
    path: &PathFindings,
) -> Option<Alarm> {
    let own = &series[index];
    if !own.is_share() || own.subject.perturb.is_some() {
        return None;
    }
    let points = own.path(&run.tree, &path.branch);
    let siblings: Vec<(&Series<'_>, &PathFindings)> = (0..tasks.len())
        .filter(|&other| is_sibling(own, &series[other]))
        .filter_map(|other| Some((&series[other], tasks[other].path(&path.branch)?)))
        .collect();
    (path.own_from.max(1)..points.len()).find_map(|k| {
        let gain = paired(&[&points[k - 1].1.items, &points[k].1.items], &[-1.0, 1.0], path.wobble)?.contrast;
        if gain.value < 0.05 {
            return None; // no jump: spare the siblings
        }
        // From two checkpoints before the interval to two after, clipped.
        let (from, to) = (points[k.saturating_sub(3)].0.tokens, points[(k + 2).min(points.len() - 1)].0.tokens);
        let gains: Vec<(String, f64, f64)> = siblings
            .iter()
            .filter_map(|(sibling, findings)| {
                let change = change_between(run, sibling, findings, from, to)?;
                Some((sibling.subject.title(), change.0, change.1))
            })
            .collect();
        let place = Place {
            task: Some(own.subject.title()),
            branch: path.branch.clone(),
            step: Some(points[k].0.step),
            tokens: Some(points[k].0.tokens),
        };
        let jump = Jump { from_tokens: points[k - 1].0.tokens, gain: gain.value, se: gain.se, siblings: &gains };
        lone_jump_alarm(place, jump)
    })
}

/// Another task with the same answer format and other data.
fn is_sibling(own: &Series<'_>, other: &Series<'_>) -> bool {
    let other_data = own.data.iter().all(|data| !other.data.contains(data));
    own.format == other.format
        && own.subject.is_group == other.subject.is_group
        && other.is_share()
        && other.subject.perturb.is_none()
        && other.subject.task != own.subject.task
        && other_data
}

/// Gain and standard error of a task from its last point at or before `from` tokens (else its first) to its first at or after `to`
/// (else its last).
fn change_between(run: &Run, series: &Series<'_>, path: &PathFindings, from: u64, to: u64) -> Option<(f64, f64)> {
    let points = series.path(&run.tree, &path.branch);
    let start = points.iter().rposition(|(checkpoint, _)| checkpoint.tokens <= from).unwrap_or(0);
    let end = points.iter().position(|(checkpoint, _)| checkpoint.tokens >= to).unwrap_or(points.len() - 1);
    if start >= end {
        return None;
    }
    let change = paired(&[&points[start].1.items, &points[end].1.items], &[-1.0, 1.0], path.wobble)?.contrast;
    Some((change.value, change.se))
}

/// Ties, at the newest own checkpoint with too many of them.
fn tied(run: &Run, series: &Series<'_>, path: &PathFindings, place: &dyn Fn(usize) -> Place) -> Option<Alarm> {
    let points = series.path(&run.tree, &path.branch);
    let units = |k: usize| series.units.get(&points[k].0.at()).map_or(&[][..], Vec::as_slice);
    (path.own_from..points.len()).rev().find_map(|k| {
        let options: Vec<Vec<f64>> = units(k)
            .iter()
            .flat_map(|unit| unit.items.iter().filter(|item| !item.choices.is_empty()))
            .map(|item| item.choices.iter().map(|choice| choice.logprob).collect())
            .collect();
        ties_alarm(place(k), ties(&options)?)
    })
}

/// Hash and number of the log-likelihoods of each task with its settings.
type Fingerprints = HashMap<String, (u64, usize)>;

/// Same weights: checkpoints whose log-likelihoods equal those of an earlier one on every task that both were scored on.
///
/// Replies may refute it but never prove it: two checkpoints that say nothing say the same.
fn copies(run: &Run) -> Vec<Alarm> {
    let mut answers: BTreeMap<(u64, At<'_>), (&Checkpoint, Fingerprints)> = BTreeMap::new();
    for unit in run.units.iter().filter(|unit| !unit.items.is_empty()) {
        let checkpoint = &unit.record.checkpoint;
        let entry = answers.entry((checkpoint.tokens, checkpoint.at()));
        let inputs = &unit.record.inputs;
        let task = format!("{} {} {:?} {}", unit.record.task, unit.record.shots, inputs.perturb, unit.items.len());
        entry.or_insert_with(|| (checkpoint, HashMap::new())).1.insert(task, fingerprint(unit));
    }
    let all: Vec<_> = answers.into_values().collect();
    let mut found = Vec::new();
    for (index, (checkpoint, own)) in all.iter().enumerate() {
        let twin = all[..index].iter().find_map(|(earlier, others)| {
            let shared: Vec<_> = own.iter().filter_map(|(task, print)| Some((print, others.get(task)?))).collect();
            let same = shared.iter().all(|(a, b)| a == b);
            let compared: usize = shared.iter().map(|(print, _)| print.1).sum();
            let at_fork = earlier.tokens == checkpoint.tokens && earlier.branch != checkpoint.branch;
            (same && compared > 0 && !at_fork).then_some((earlier, compared))
        });
        found.extend(twin.map(|(earlier, compared)| same_weights_alarm(here(checkpoint), &here(earlier), compared)));
    }
    found
}

fn here(checkpoint: &Checkpoint) -> Place {
    Place {
        task: None,
        branch: checkpoint.branch.clone(),
        step: Some(checkpoint.step),
        tokens: Some(checkpoint.tokens),
    }
}

/// Hash and number of all log-likelihoods, bit for bit.
fn fingerprint(unit: &Unit) -> (u64, usize) {
    let mut hasher = DefaultHasher::new();
    let mut count = 0;
    for item in unit.items.iter() {
        for value in item.choices.iter().map(|c| c.logprob).chain(item.rolling.iter().map(|r| r.logprob)) {
            value.to_bits().hash(&mut hasher);
            count += 1;
        }
        if let Some(generation) = &item.generation {
            generation.text.hash(&mut hasher);
        }
    }
    (hasher.finish(), count)
}
