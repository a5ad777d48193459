//! The wobble of a path: from the steps that only noise takes down.

use super::path::phase_at;
use crate::analysis::curve::Curve;
use crate::analysis::onset::Onset;
use crate::analysis::wobble::{Step, WOBBLE0, steps, wobble_of};
use crate::run::{Branch, Phase};

/// The steps of a path without those that a change of the training takes down: the first one of a branch that left its parent at the
/// point `own_from`, and those during which the learning rate was raised again. Such a fall is no wobble.
pub(crate) fn calm_steps(branch: &Branch, curve: &Curve, own_from: usize) -> Vec<Step> {
    let rewarms: Vec<_> = branch
        .phases
        .iter()
        .filter(|start| start.phase == Phase::Rewarm)
        .filter_map(|start| phase_at(branch, start.from_tokens))
        .map(|(_, range)| range)
        .collect();
    let is_calm = |step: &Step| {
        let (from, to) = (curve.tokens[step.from], curve.tokens[step.from + 1]);
        let leaves = branch.fork.is_some() && step.from + 1 == own_from;
        !leaves && !rewarms.iter().any(|rewarm| rewarm.start <= to && from < rewarm.end)
    };
    steps(&curve.score, curve.item_diff_var.as_deref()).into_iter().filter(is_calm).collect()
}

/// Those of the `steps` from the onset's upper end on, where at least two are; all of them otherwise.
pub(crate) fn since_onset(steps: &[Step], curve: &Curve, onset: Option<&Onset>) -> Vec<Step> {
    let by = onset.and_then(Onset::by);
    let from = by.and_then(|by| curve.tokens.iter().position(|&tokens| tokens == by));
    let since: Vec<Step> = from.map_or_else(Vec::new, |from| {
        steps.iter().copied().filter(|step| step.from >= from).collect() //
    });
    if since.len() < 2 { steps.to_vec() } else { since }
}

/// The wobble that a contrast of scores around `p` takes.
///
/// What is taken for granted before any step down is seen is a point at 50 %, and less where few items can change: `2 √(p(1−p))` points.
pub(crate) fn wobble_near(steps: &[Step], p: Option<f64>) -> f64 {
    let share = p.map_or(1.0, |p| 2.0 * (p * (1.0 - p)).max(0.0).sqrt());
    wobble_of(steps, WOBBLE0 * share).for_contrast
}
