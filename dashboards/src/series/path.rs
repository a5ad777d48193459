//! Everything that can be said about one subject along one path.

use std::ops::Range;

use super::calm::{calm_steps, since_onset, wobble_near};
use super::items::ItemScores;
use super::paired::paired;
use super::path_point::{Difference, PathPoint, PhaseGrowth};
use super::point_data::PointData;
use super::values::{Series, mean_of};
use crate::analysis::contrast::Contrast;
use crate::analysis::curve::{Curve, Noise};
use crate::analysis::emergence_kind::{MetricEffect, metric_effect};
use crate::analysis::growth::{first_to_last_quarter, growth, last_quarter};
use crate::analysis::hops::{Hops, hops};
use crate::analysis::intervals::Interval;
use crate::analysis::letters::LetterDecomposition;
use crate::analysis::onset::{Onset, onset};
use crate::analysis::regression::{Drop, worst_drop};
use crate::analysis::sample::Sample;
use crate::analysis::sharpness::{Sharpness, sharpness, sharpness_without_chance};
use crate::analysis::trend::{Trend, WindowGain, window_gain};
use crate::analysis::wobble::Step;
use crate::analysis::{PhaseProbabilities, phase_probabilities};
use crate::run::{Branch, Checkpoint, Phase, Run};

/// value ± half.
pub(crate) fn around(value: f64, half: f64) -> Interval {
    (value - half, value + half)
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
    /// What the last points of the phase that it ends in gained.
    pub window: Option<WindowGain>,
    /// Whether it still rises, judged beside the other lines of its table; unknown where nothing has come.
    pub trend: Trend,
    /// Its last point against the earlier one that it is most surely worse than.
    pub drop: Option<Drop>,
    /// That it is worse, judged beside the other tasks.
    pub regressed: bool,
    /// Mean of its last quarter.
    pub end: Option<Contrast>,
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
    /// The wobble that contrasts take, of the whole curve.
    pub wobble: f64,
    /// The steps that only noise takes down.
    pub(crate) calm: Vec<Step>,
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

/// What the path to the end of `branch` shows; `None` when the branch itself has no point. `beside` is how many tasks are told beside
/// each other.
pub(crate) fn path_findings(run: &Run, series: &Series<'_>, branch: &Branch, beside: usize) -> Option<PathFindings> {
    let path = series.path(&run.tree, &branch.name);
    let own_from = path.iter().position(|(checkpoint, _)| checkpoint.branch == branch.name)?;
    let scores: Vec<&ItemScores> = path.iter().map(|(_, point)| &point.items).collect();
    let pair_var: Vec<f64> = scores
        .windows(2)
        .map(|pair| paired(pair, &[-1.0, 1.0], 0.0).map_or(f64::NAN, |found| found.contrast.se.powi(2)))
        .collect();
    let known = pair_var.iter().all(|var| var.is_finite()) && !pair_var.is_empty();
    let curve = series.curve(&path, known.then(|| pair_var.clone()));
    let calm = calm_steps(branch, &curve, own_from);
    let noise = wobble_near(&calm, None);
    let sample = series.sample(&path, &curve);
    let rise = first_to_last_quarter(&sample, noise);
    let has_level = series.chance.is_some() && series.orientation() > 0.0;
    let onset = has_level.then(|| onset(&curve).if_seen(rise, beside));
    let since = wobble_near(&since_onset(&calm, &curve, onset.as_ref()), None);
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
        window: window(branch, &curve, &sample, since),
        trend: Trend::Unknown,
        drop: dropped(&scores, &curve, since),
        regressed: false,
        end: last_quarter(&sample, since),
        hops: onset.as_ref().map(|onset| hops(&curve, onset)),
        growth: grown(branch, &curve, &sample, since),
        change: scores.len().checked_sub(2).and_then(|from| Difference::of(&scores[from..], &[-1.0, 1.0], 0.0)),
        mass_onset: mass_onset(&path),
        letters,
        ends_in: curve.tokens.last().and_then(|&tokens| phase_at(branch, tokens)).map(|(phase, _)| phase),
        wobble: noise,
        calm,
        onset,
        curve,
    })
}

fn path_point(series: &Series<'_>, checkpoint: &Checkpoint, point: &PointData) -> PathPoint {
    PathPoint {
        branch: checkpoint.branch.clone(),
        step: checkpoint.step,
        tokens: checkpoint.tokens,
        value: point.estimate.value,
        interval: series.interval(point),
        items: point.estimate.n,
    }
}

/// The onset was over before the branch's own first point: at the fork, or above at a first point that is the trunk's.
fn is_shared(onset: &Onset, fork: u64, first_own: &(&Checkpoint, &PointData)) -> bool {
    onset.is_there() && onset.by().is_some_and(|by| by <= fork && by < first_own.0.tokens)
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

/// The points of the curve in this range of tokens, as indices.
fn indices(curve: &Curve, tokens: &Range<u64>) -> Range<usize> {
    let before = |end: u64| curve.tokens.partition_point(|&tokens| tokens < end);
    before(tokens.start)..before(tokens.end)
}

fn window(branch: &Branch, curve: &Curve, sample: &Sample<'_>, wobble: f64) -> Option<WindowGain> {
    let last = *curve.tokens.last()?;
    let phase = phase_at(branch, last).map_or(0..u64::MAX, |(_, range)| range);
    window_gain(&curve.tokens, sample, indices(curve, &phase), wobble)
}

fn dropped(scores: &[&ItemScores], curve: &Curve, wobble: f64) -> Option<Drop> {
    let (last, earlier) = scores.split_last()?;
    let pair =
        |earlier: &&ItemScores| paired(&[*earlier, *last], &[1.0, -1.0], 0.0).map_or(f64::NAN, |p| p.contrast.se);
    worst_drop(&curve.score, &earlier.iter().map(pair).collect::<Vec<_>>(), wobble)
}

fn grown(branch: &Branch, curve: &Curve, sample: &Sample<'_>, wobble: f64) -> Option<PhaseGrowth> {
    let starts = branch.phases.iter().rev().filter_map(|start| phase_at(branch, start.from_tokens));
    let mut pieces: Vec<_> = starts.map(|(phase, range)| (Some(phase), range)).collect();
    if pieces.is_empty() {
        pieces.push((None, 0..u64::MAX));
    }
    pieces.into_iter().find_map(|(phase, range)| {
        let points = indices(curve, &(range.start.max(1)..range.end));
        let tokens = (*curve.tokens.get(points.start)?, *curve.tokens.get(points.end.checked_sub(1)?)?);
        Some(PhaseGrowth { phase, growth: growth(&curve.tokens, sample, points, wobble)?, tokens })
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
            let curve = Curve { chance: series.guess(), ..curve };
            Some(sharpness(&curve, &onset(&curve)))
        }
        _ => Some(sharpness_without_chance(&curve)),
    }
}

fn mass_onset(path: &[(&Checkpoint, &PointData)]) -> Option<Onset> {
    let curve = continuous_curve(path, |point| &point.mass)?;
    Some(onset(&Curve { delta: Some(0.5), ..curve }))
}
