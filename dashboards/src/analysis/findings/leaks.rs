//! Leaks over a whole run: every task beside its perturbed twin, at every checkpoint of every branch.

use super::TaskFindings;
use super::items::{ItemScores, shared_ids};
use super::path::PathFindings;
use super::series::Series;
use crate::alarms::{Alarm, PerturbedGap, Place, perturbed_gap, perturbed_gap_alarm};
use crate::analysis::wobble;
use crate::run::{Checkpoint, Run};
use rayon::prelude::*;

/// A task and its twin along the own points of one branch, the newest first.
struct Pair {
    perturbation: String,
    looks: Vec<(Place, PerturbedGap)>,
}

/// Of each task on each branch the newest checkpoint that speaks, beside all that were looked at: one in so many speaks by luck.
pub(crate) fn leaks(run: &Run, series: &[Series<'_>], tasks: &[TaskFindings]) -> Vec<Alarm> {
    let of_task = |index: usize| tasks[index].paths.iter().flat_map(move |path| pairs(run, series, index, path));
    let pairs: Vec<Pair> = (0..tasks.len()).into_par_iter().flat_map_iter(of_task).collect();
    let looks = pairs.iter().flat_map(|pair| &pair.looks).filter(|(_, found)| found.gap.is_some()).count();
    let speaks = |pair: &Pair| {
        let alarm = |(place, found): &(Place, PerturbedGap)| {
            perturbed_gap_alarm(place.clone(), found, &pair.perturbation, looks) //
        };
        pair.looks.iter().find_map(alarm)
    };
    pairs.iter().filter_map(speaks).collect()
}

fn pairs(run: &Run, series: &[Series<'_>], index: usize, path: &PathFindings) -> Vec<Pair> {
    let own = &series[index];
    if own.subject.perturb.is_some() {
        return Vec::new();
    }
    let points = own.path(&run.tree, &path.branch);
    let is_twin = |other: &&Series<'_>| {
        let (a, b) = (&own.subject, &other.subject);
        b.perturb.is_some() && (&a.task, a.shots, a.is_group) == (&b.task, b.shots, b.is_group)
    };
    let pair = |twin: &Series<'_>| {
        let both: Vec<(usize, &ItemScores, &ItemScores)> =
            (0..points.len()).filter_map(|k| Some((k, &points[k].1.items, items_at(twin, points[k].0)?))).collect();
        let (gaps, clusters) = aligned(&both)?;
        let means: Vec<f64> = gaps.iter().map(|(exact, perturbed)| mean(exact) - mean(perturbed)).collect();
        let look = |last: usize| {
            let (exact, perturbed): (Vec<Vec<f64>>, Vec<Vec<f64>>) = gaps[..=last].iter().cloned().unzip();
            let noise = wobble(&means[..=last], None).for_contrast;
            let at = &path.points[both[last].0];
            let place = Place {
                task: Some(own.subject.title()),
                branch: path.branch.clone(),
                step: Some(at.step),
                tokens: Some(at.tokens),
            };
            (place, perturbed_gap(&exact, &perturbed, noise, clusters.as_deref()))
        };
        let own_points = (0..both.len()).rev().filter(|&last| both[last].0 >= path.own_from);
        Some(Pair { perturbation: perturbed_words(twin), looks: own_points.map(look).collect() })
    };
    series.iter().filter(is_twin).filter_map(pair).collect()
}

fn items_at<'s>(series: &'s Series<'_>, checkpoint: &'s Checkpoint) -> Option<&'s ItemScores> {
    series.points.get(&checkpoint.at()).map(|point| &point.items)
}

fn perturbed_words(twin: &Series<'_>) -> String {
    match twin.subject.perturb.as_deref() {
        Some("shuffle") | None => "shuffled".to_owned(),
        Some(other) => format!("perturbed ({other})"),
    }
}

type Gaps = (Vec<(Vec<f64>, Vec<f64>)>, Option<Vec<String>>);

/// Item values of exact and perturbed items at every checkpoint, on the items that all of them share.
fn aligned(both: &[(usize, &ItemScores, &ItemScores)]) -> Option<Gaps> {
    let all: Vec<&ItemScores> = both.iter().flat_map(|(_, exact, perturbed)| [*exact, *perturbed]).collect();
    let ids = shared_ids(&all);
    if ids.len() < 2 {
        return None;
    }
    let gaps = both.iter().map(|(_, exact, perturbed)| (exact.at(&ids).into_owned(), perturbed.at(&ids).into_owned()));
    let clusters = all[0].clusters_at(&ids).map(|clusters| clusters.iter().map(u64::to_string).collect());
    Some((gaps.collect(), clusters))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
