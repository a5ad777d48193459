//! What tasks gained on average in a phase.

use std::collections::BTreeMap;

use super::TaskFindings;
use super::anneal::{Basis, BranchGain};
use super::path::around;
use super::path_point::Difference;
use crate::analysis::confidence::Z95;
use crate::analysis::statistics::upper_quantile;
use crate::analysis::wobble::{Step, WOBBLE0, common_wobble};
use crate::run::Run;

/// As [`ALPHA`], for the gains over all tasks, where it is shared by the branches.
const ALPHA_MEAN: f64 = 0.05;

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
