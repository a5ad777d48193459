//! What can be said only beside the rest of the page: of many claims some are wrong by luck, so each is held to more.

use super::path::{PathFindings, around};
use super::{GrowthClaim, TaskFindings};
use crate::analysis::growth::one_sided;
use crate::analysis::intervals::Interval;
use crate::analysis::many_tests::holm;
use crate::analysis::onset::{Onset, Status};
use crate::analysis::sharpness::Shape;
use crate::analysis::statistics::{ALPHA, upper_quantile};
use crate::analysis::trend::Trend;
use crate::run::{Run, Subject};

/// A score this much above guessing is above guessing, and not the answers of a model that prefers a letter.
pub(crate) const ABOVE_GUESSING: f64 = 0.02;

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
