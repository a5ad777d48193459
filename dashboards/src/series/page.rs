//! What can be said only beside the rest of the page: of many claims some are wrong by luck, so each is held to more.

use std::collections::BTreeMap;

use super::anneal::{Basis, BranchGain};
use super::path::{Difference, PathFindings, around};
use super::{GrowthClaim, TaskFindings};
use crate::analysis::contrast::holm;
use crate::analysis::growth::one_sided;
use crate::analysis::intervals::Interval;
use crate::analysis::onset::{Onset, Status};
use crate::analysis::sharpness::Shape;
use crate::analysis::statistics::{ALPHA, Z95, upper_quantile};
use crate::analysis::trend::Trend;
use crate::analysis::wobble::{Step, WOBBLE0, common_wobble};
use crate::run::Run;
use crate::run::Subject;

/// As [`ALPHA`], for the gains over all tasks, where it is shared by the branches.
const ALPHA_MEAN: f64 = 0.05;
/// A score this much above guessing is above guessing, and not the answers of a model that prefers a letter.
pub(crate) const ABOVE_GUESSING: f64 = 0.02;

/// A branch's end against its parent, over all tasks that are told and have both.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanGain {
    /// One of the gains, for its branch, its parent and what they are compared with.
    pub like: BranchGain,
    /// How many tasks.
    pub tasks: usize,
    /// The mean of their gains, in shares.
    pub gain: Difference,
}

/// Whether a task speaks for itself on the front page: leaves of a group that is there speak through it, and perturbed twins are
/// evidence, not news.
pub(crate) fn is_told(run: &Run, subject: &Subject, all: &[&Subject]) -> bool {
    let in_group = |name: &str, leaves: &[String]| {
        let group = |other: &&Subject| other.is_group && other.task == name && other.shots == subject.shots;
        name != subject.task && leaves.contains(&subject.task) && all.iter().any(group)
    };
    let speaks_itself = subject.is_group || !run.groups.iter().any(|group| in_group(&group.name, &group.leaves));
    subject.perturb.is_none() && speaks_itself
}

/// Judges the claims of tasks that are told beside each other.
pub(crate) fn judge(tasks: &mut [&mut TaskFindings]) {
    judge_lines(&mut tasks.iter_mut().flat_map(|task| &mut task.paths).collect::<Vec<_>>());
    judge_growth(tasks);
    judge_guessing(tasks);
    let count = tasks.iter().map(|task| task.gains.len()).sum::<usize>();
    for gain in tasks.iter_mut().flat_map(|task| &mut task.gains) {
        (gain.beside, gain.together) = (count, together(gain.gain.value, gain.gain.se, count));
    }
}

/// The interval of one of `count` values told beside each other, so wide that all of theirs hold with 98 %.
pub fn together(value: f64, se: f64, count: usize) -> Interval {
    around(value, se * upper_quantile(ALPHA / 2.0 / count.max(1) as f64))
}

/// Trend and regression of the lines of one table. Where nothing has come there is nothing that could go on or be lost.
pub(crate) fn judge_lines(lines: &mut [&mut PathFindings]) {
    let is_judged = |path: &PathFindings| path.onset.as_ref().is_none_or(Onset::is_there);
    let count = lines.iter().filter(|path| is_judged(path)).count();
    if count == 0 {
        return;
    }
    let z = upper_quantile(ALPHA / 2.0 / count as f64);
    for path in lines.iter_mut().filter(|path| is_judged(path)) {
        path.trend = path.window.map_or(Trend::Unknown, |window| window.trend(z));
        path.regressed = path.drop.is_some_and(|drop| drop.is_clear(ALPHA / count as f64));
    }
}

/// Which tasks grow, by Holm's rule over those in which something is there: each on its first path, in its latest phase.
fn judge_growth(tasks: &mut [&mut TaskFindings]) {
    let is_there = |task: &TaskFindings| {
        let path = task.paths.first()?;
        let there = path.onset.as_ref().is_none_or(|onset| onset.is_there() && onset.status != Status::Lost);
        path.growth.filter(|_| there).map(|grown| grown.growth)
    };
    let growing: Vec<_> =
        tasks.iter_mut().filter_map(|task| is_there(task).map(|growth| (&mut **task, growth))).collect();
    let steady = holm(&growing.iter().map(|(_, growth)| growth.p_steady).collect::<Vec<_>>());
    let risen = holm(&growing.iter().map(|(_, growth)| growth.p).collect::<Vec<_>>());
    for ((task, _), (steady, risen)) in growing.into_iter().zip(steady.into_iter().zip(risen)) {
        let path = &task.paths[0];
        let goes_on = !matches!(path.trend, Trend::NoGain | Trend::Falling);
        let came = path.onset.as_ref().is_some_and(Onset::came);
        task.claim = if steady <= ALPHA && goes_on && path.sharpness.verdict != Shape::Sharp {
            Some(GrowthClaim::Steady)
        } else if risen <= ALPHA && !came {
            Some(GrowthClaim::Risen) // an onset tells of its own rise
        } else {
            None
        };
    }
}

/// Which of the waiting tasks score above guessing at the end of their first path, by Holm's rule over them.
fn judge_guessing(tasks: &mut [&mut TaskFindings]) {
    let p = |task: &TaskFindings| {
        let path = task.paths.first().filter(|_| task.waits())?;
        let end = path.end?;
        Some(one_sided(end.value - path.curve.chance - ABOVE_GUESSING, end.se))
    };
    let waiting: Vec<(&mut TaskFindings, f64)> =
        tasks.iter_mut().filter_map(|task| p(task).map(|p| (&mut **task, p))).collect();
    let adjusted = holm(&waiting.iter().map(|waiting| waiting.1).collect::<Vec<_>>());
    for ((task, _), p) in waiting.into_iter().zip(adjusted) {
        task.is_above_guessing = p <= ALPHA;
    }
}

/// What each branch added to the mean of all told tasks whose scores are shares.
///
/// Each task's items are its own, but checkpoints may wobble in all tasks at once, so tasks are not independent:
/// `SE² = Σ se_items²/m² + Σc² · max(wobble of the mean curve², Σ wobble²/m²)`. The wobble of the mean curve is read from the parent's
/// and the branch's calm steps, each the mean over the tasks.
pub(crate) fn mean_gains(run: &Run, told: &[&TaskFindings]) -> Vec<MeanGain> {
    let mut alike: BTreeMap<(usize, u64, Basis), Vec<(&TaskFindings, &BranchGain)>> = BTreeMap::new();
    for task in told.iter().filter(|task| task.fraction) {
        for gain in &task.gains {
            let branch = run.tree.branches.iter().position(|branch| branch.name == gain.branch).unwrap_or(0);
            alike.entry((branch, gain.tokens, gain.basis)).or_default().push((task, gain));
        }
    }
    // Of a branch whose tasks are compared in several ways, the way that most of them share.
    let mut found: Vec<(usize, MeanGain)> = Vec::new();
    for ((branch, ..), gains) in alike.into_iter().filter(|(_, gains)| gains.len() > 1) {
        let Some(mean) = mean_gain(&gains) else { continue };
        match found.iter_mut().find(|(other, _)| *other == branch) {
            Some((_, other)) if other.tasks < mean.tasks => *other = mean,
            Some(_) => {}
            None => found.push((branch, mean)),
        }
    }
    let z = upper_quantile(ALPHA_MEAN / 2.0 / found.len().max(1) as f64);
    let widened = |(_, mut mean): (usize, MeanGain)| {
        mean.gain.interval = around(mean.gain.value, z * mean.gain.se);
        mean
    };
    found.into_iter().map(widened).collect()
}

fn mean_gain(gains: &[(&TaskFindings, &BranchGain)]) -> Option<MeanGain> {
    let (_, like) = *gains.first()?;
    let count = gains.len() as f64;
    let mean = |of: &dyn Fn(&BranchGain) -> f64| gains.iter().map(|(_, gain)| of(gain)).sum::<f64>() / count;
    let items = mean(&|gain| gain.of_weights.se.powi(2)) / count;
    // What wobbles in each task by itself is the smaller the more tasks there are; what wobbles in all of them is not.
    let apart = mean(&|gain| gain.gain.se.powi(2) - gain.of_weights.se.powi(2)) / count;
    let common = common_wobble(&mean_steps(gains, &like.branch, &like.parent), WOBBLE0 / count.sqrt());
    let se = (items + apart.max(like.squares * common * common)).sqrt();
    let value = mean(&|gain| gain.gain.value);
    let partial = gains.iter().any(|(_, gain)| gain.gain.partial);
    let items = gains.iter().map(|(_, gain)| gain.gain.items).sum();
    let gain = Difference { value, se, interval: around(value, Z95 * se), items, partial };
    Some(MeanGain { like: like.clone(), tasks: gains.len(), gain })
}

/// The calm steps of the mean over the tasks, between checkpoints at which all of them were measured: of the parent's path and of the
/// branch itself.
fn mean_steps(gains: &[(&TaskFindings, &BranchGain)], branch: &str, parent: &str) -> Vec<Step> {
    let mut all: BTreeMap<(bool, u64, u64), Vec<Step>> = BTreeMap::new();
    for (task, _) in gains {
        for (is_own, path) in [(false, task.path(parent)), (true, task.path(branch))] {
            let Some(path) = path else { continue };
            for step in path.calm.iter().filter(|step| !is_own || step.from >= path.own_from) {
                let place = (is_own, path.curve.tokens[step.from], path.curve.tokens[step.from + 1]);
                all.entry(place).or_default().push(*step);
            }
        }
    }
    let count = gains.len() as f64;
    let mean = |steps: Vec<Step>| Step {
        from: steps[0].from,
        change: steps.iter().map(|step| step.change).sum::<f64>() / count,
        item: steps.iter().map(|step| step.item).sum::<f64>() / (count * count),
    };
    all.into_values().filter(|steps| steps.len() == gains.len()).map(mean).collect()
}
