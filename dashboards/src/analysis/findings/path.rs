//! Everything that can be said about one subject along one path.

use super::items::{ItemScores, paired};
use super::series::{PointData, Series, mean_of};
use crate::analysis::curve::{Curve, Noise};
use crate::analysis::hops::{Hops, hops};
use crate::analysis::intervals::Interval;
use crate::analysis::letters::{LetterDecomposition, MetricEffect, metric_effect};
use crate::analysis::onset::{Onset, Status, onset};
use crate::analysis::saturation::{
    Growth, Regression, Saturation, growth_per_doubling, point_errors, regression, saturation,
};
use crate::analysis::sharpness::{Sharpness, sharpness, sharpness_without_chance};
use crate::analysis::wobble::wobble;
use crate::analysis::{PhaseProbabilities, phase_probabilities};
use crate::run::{Branch, Checkpoint, Phase, Run};
use serde::Serialize;

/// One measured point of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathPoint {
    /// Branch of the checkpoint: an ancestor's before the fork.
    pub branch: String,
    /// Its step.
    pub step: u64,
    /// Tokens seen.
    pub tokens: u64,
    /// The metric.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Items behind it.
    pub items: usize,
}

/// A paired difference with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The difference on the items that both sides share.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// value ± 1.96 se, wider where few clusters tell the error.
    pub interval: Interval,
    /// Items that both sides share.
    pub items: usize,
    /// One side has items that the other lacks: they were left out.
    pub partial: bool,
}

impl Difference {
    /// Surely not zero.
    pub fn is_clear(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }

    pub(crate) fn of(points: &[&ItemScores], weights: &[f64], wobble: f64) -> Option<Self> {
        let found = paired(points, weights, wobble)?;
        let (value, se) = (found.contrast.value, found.contrast.se);
        let interval = (value - found.half, value + found.half);
        Some(Self { value, se, interval, items: found.items, partial: found.partial })
    }
}

/// Growth inside the latest phase that has four points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseGrowth {
    /// The phase, where the phases are known.
    pub phase: Option<Phase>,
    /// Its growth.
    pub growth: Growth,
}

/// One subject along the path to the end of one branch.
#[derive(Debug, Clone, PartialEq)]
pub struct PathFindings {
    /// The branch.
    pub branch: String,
    /// Its measured points, those of its ancestors up to the fork included.
    pub points: Vec<PathPoint>,
    /// Index of the first point of the branch itself.
    pub own_from: usize,
    /// The curve that was analysed: negated where less is better.
    pub curve: Curve,
    /// The onset; `None` for a metric without a chance level.
    pub onset: Option<Onset>,
    /// The onset lies before the fork, so it is the parent's: one event, to be told once.
    pub onset_is_shared: bool,
    /// In which phase the onset lies.
    pub phases: Option<PhaseProbabilities>,
    /// Shape of the rise.
    pub sharpness: Sharpness,
    /// Shape of the continuous companion, P(gold), on the same items and checkpoints.
    pub continuous: Option<Sharpness>,
    /// Whether a jump is the metric's.
    pub metric_effect: Option<MetricEffect>,
    /// Whether it still rises, in the phase of its last point.
    pub saturation: Saturation,
    /// Whether its last point is worse than an earlier one.
    pub regression: Regression,
    /// Falls after the onset.
    pub hops: Option<Hops>,
    /// Growth per doubling of tokens.
    pub growth: Option<PhaseGrowth>,
    /// The last point minus the one before, item noise only.
    pub change: Option<Difference>,
    /// Of lettered tasks, beside each point: format and selection.
    pub letters: Vec<Option<LetterDecomposition>>,
    /// Of lettered tasks: the onset of the letters' mass, at level .5.
    pub mass_onset: Option<Onset>,
    /// The wobble that contrasts take.
    pub wobble: f64,
    /// The phase of its last point, where the phases are known.
    pub ends_in: Option<Phase>,
}

impl PathFindings {
    /// Tokens of the last point.
    pub fn last_tokens(&self) -> u64 {
        self.points.last().map_or(0, |point| point.tokens)
    }

    /// Whether an onset came into sight at a point of the branch itself.
    pub fn is_own(&self, onset: &Onset) -> bool {
        let first = self.points.get(self.own_from).map(|point| point.tokens);
        self.own_from == 0 || onset.by().zip(first).is_some_and(|(by, first)| by >= first)
    }

    /// The onset, where it is this path's own event.
    pub fn own_onset(&self) -> Option<&Onset> {
        self.onset.as_ref().filter(|_| !self.onset_is_shared)
    }
}

/// What the path to the end of `branch` shows; `None` when the branch itself has no point.
pub(crate) fn path_findings(run: &Run, series: &Series<'_>, branch: &Branch) -> Option<PathFindings> {
    let path = series.path(&run.tree, &branch.name);
    let own_from = path.iter().position(|(checkpoint, _)| checkpoint.branch == branch.name)?;
    let scores: Vec<&ItemScores> = path.iter().map(|(_, point)| &point.items).collect();
    let pair_var: Vec<f64> = scores
        .windows(2)
        .map(|pair| paired(pair, &[-1.0, 1.0], 0.0).map_or(f64::NAN, |found| found.contrast.se.powi(2)))
        .collect();
    let known = pair_var.iter().all(|var| var.is_finite()) && !pair_var.is_empty();
    let curve = series.curve(&path, known.then(|| pair_var.clone()));
    let noise = wobble(&curve.score, curve.item_diff_var.as_deref());
    let onset = series.chance.is_some().then(|| onset(&curve)).filter(|_| series.orientation() > 0.0);
    let sharpness = onset.as_ref().map_or_else(|| sharpness_without_chance(&curve), |onset| sharpness(&curve, onset));
    let continuous = companion(series, &path);
    let letters: Vec<Option<LetterDecomposition>> = path.iter().map(|(_, point)| point.letters).collect();
    let fork = branch.fork.as_ref().map(|fork| fork.tokens);
    Some(PathFindings {
        branch: branch.name.clone(),
        points: path.iter().map(|(checkpoint, point)| path_point(series, checkpoint, point)).collect(),
        own_from,
        onset_is_shared: onset.as_ref().zip(fork).is_some_and(|(onset, fork)| is_shared(onset, fork, &path[own_from])),
        phases: onset.as_ref().and_then(|onset| attributed(&curve, onset, branch)),
        metric_effect: continuous.as_ref().map(|c| metric_effect(sharpness.verdict, c.verdict)),
        sharpness,
        continuous,
        saturation: saturated(branch, &curve, known.then_some(&pair_var), noise.for_contrast),
        regression: regressed(&scores, &curve, noise.for_contrast),
        hops: onset.as_ref().map(|onset| hops(&curve, onset)),
        growth: grown(branch, &curve),
        change: scores.len().checked_sub(2).and_then(|from| Difference::of(&scores[from..], &[-1.0, 1.0], 0.0)),
        mass_onset: mass_onset(&path),
        letters,
        ends_in: curve.tokens.last().and_then(|&tokens| phase_at(branch, tokens)).map(|(phase, _)| phase),
        wobble: noise.for_contrast,
        onset,
        curve,
    })
}

fn path_point(series: &Series<'_>, checkpoint: &Checkpoint, point: &PointData) -> PathPoint {
    PathPoint {
        branch: checkpoint.branch.clone(),
        step: checkpoint.step,
        tokens: checkpoint.tokens,
        value: point.value,
        interval: series.interval(point),
        items: point.n,
    }
}

/// The onset was over before the branch's own first point: at the fork, or above at a first point that is the trunk's.
fn is_shared(onset: &Onset, fork: u64, first_own: &(&Checkpoint, &PointData)) -> bool {
    let came = onset.came() || onset.status == Status::AboveAtFirst;
    came && onset.by().is_some_and(|by| by <= fork && by < first_own.0.tokens)
}

fn attributed(curve: &Curve, onset: &Onset, branch: &Branch) -> Option<PhaseProbabilities> {
    let fit = onset.fit.as_ref().filter(|_| onset.came())?;
    let phases: Vec<(Phase, u64)> = branch.phases.iter().map(|start| (start.phase, start.from_tokens)).collect();
    if phases.is_empty() {
        return None;
    }
    phase_probabilities(&curve.tokens_at(&fit.points), &fit.confidence, &phases)
}

/// Start of the phase in which `tokens` lies, and of the next.
pub(crate) fn phase_at(branch: &Branch, tokens: u64) -> Option<(Phase, std::ops::Range<u64>)> {
    let index = branch.phases.iter().rposition(|start| start.from_tokens <= tokens)?;
    let end = branch.phases.get(index + 1).map_or(u64::MAX, |next| next.from_tokens);
    Some((branch.phases[index].phase, branch.phases[index].from_tokens..end))
}

fn saturated(branch: &Branch, curve: &Curve, pair_var: Option<&Vec<f64>>, wobble: f64) -> Saturation {
    let last = curve.tokens.last().copied().unwrap_or_default();
    let start = phase_at(branch, last).map_or(0, |(_, range)| range.start);
    let from = curve.tokens.iter().position(|&tokens| tokens >= start).unwrap_or(0);
    let se: Vec<f64> = match (pair_var, &curve.noise) {
        (Some(var), _) => point_errors(&var[from.min(var.len())..]),
        (None, Noise::StandardErrors(se)) => se[from..].to_vec(),
        (None, Noise::Items(n)) => {
            let points = n.iter().zip(&curve.score).skip(from);
            points.map(|(n, p)| (p * (1.0 - p) / n).max(0.0).sqrt()).collect()
        }
    };
    saturation(&curve.tokens[from..], &curve.score[from..], &se, wobble)
}

fn regressed(scores: &[&ItemScores], curve: &Curve, wobble: f64) -> Regression {
    let Some((last, earlier)) = scores.split_last() else { return regression(&[], &[], wobble) };
    let pair =
        |earlier: &&ItemScores| paired(&[*earlier, *last], &[1.0, -1.0], 0.0).map_or(f64::NAN, |p| p.contrast.se);
    regression(&curve.score, &earlier.iter().map(pair).collect::<Vec<_>>(), wobble)
}

fn grown(branch: &Branch, curve: &Curve) -> Option<PhaseGrowth> {
    let starts = branch.phases.iter().rev().filter_map(|start| phase_at(branch, start.from_tokens));
    let mut pieces: Vec<_> = starts.map(|(phase, range)| (Some(phase), range)).collect();
    if pieces.is_empty() {
        pieces.push((None, 0..u64::MAX));
    }
    pieces.into_iter().find_map(|(phase, range)| {
        let inside = (0..curve.tokens.len()).filter(|&k| range.contains(&curve.tokens[k]));
        let (tokens, score): (Vec<u64>, Vec<f64>) = inside.map(|k| (curve.tokens[k], curve.score[k])).unzip();
        Some(PhaseGrowth { phase, growth: growth_per_doubling(&tokens, &score)? })
    })
}

/// A curve of the means of item values with their standard errors.
fn continuous_curve(path: &[(&Checkpoint, &PointData)], items: fn(&PointData) -> &ItemScores) -> Option<Curve> {
    let points = path.iter().filter_map(|(checkpoint, point)| Some((checkpoint.tokens, mean_of(items(point))?)));
    let (tokens, values): (Vec<u64>, Vec<(f64, f64)>) = points.unzip();
    let (score, se) = values.into_iter().unzip();
    (!tokens.is_empty()).then_some(Curve {
        tokens,
        score,
        noise: Noise::StandardErrors(se),
        chance: 0.0,
        delta: None,
        item_diff_var: None,
    })
}

fn companion(series: &Series<'_>, path: &[(&Checkpoint, &PointData)]) -> Option<Sharpness> {
    let curve = continuous_curve(path, |point| &point.gold)?;
    match series.chance {
        Some(chance) if chance > 0.0 => {
            let curve = Curve { chance, ..curve };
            Some(sharpness(&curve, &onset(&curve)))
        }
        _ => Some(sharpness_without_chance(&curve)),
    }
}

fn mass_onset(path: &[(&Checkpoint, &PointData)]) -> Option<Onset> {
    let curve = continuous_curve(path, |point| &point.mass)?;
    Some(onset(&Curve { delta: Some(0.5), ..curve }))
}
