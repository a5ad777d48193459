//! A subject's measured values at every checkpoint, and the one run per path that is made of them.

use std::collections::BTreeMap;

use super::answer_format::AnswerFormat;
use super::constant::or_constant;
use super::interval::{are_shares, is_share};
use super::items::{ItemScores, shared_ids};
use super::measured::Measured;
use super::point_data::PointData;
use crate::analysis::confidence::Z95;
use crate::analysis::curve::{Curve, Noise};
use crate::analysis::intervals::{Interval, clustered_se, half_width, mean_se, sure_count};
use crate::analysis::letters::{LetterDecomposition, letter_decomposition};
use crate::analysis::sample::Sample;
use crate::run::{At, Checkpoint, RunTree, Subject, Unit};

/// A subject with its values.
pub(crate) struct Series<'a> {
    pub(crate) subject: Subject,
    pub(crate) metric: String,
    pub(crate) chance: Option<f64>,
    /// That of the best constant answer, where it is better.
    guess: Option<f64>,
    pub(crate) higher_is_better: bool,
    pub(crate) format: AnswerFormat,
    pub(crate) data: Vec<&'a str>,
    pub(crate) units: BTreeMap<At<'a>, Vec<&'a Unit>>,
    pub(crate) points: BTreeMap<At<'a>, PointData>,
}

impl<'a> Series<'a> {
    pub(crate) fn of(measured: Measured<'a>) -> Self {
        let metric = measured.metric();
        let (chance, format) = (measured.chance(&metric), measured.format());
        let newest = measured.units.values().next_back().map_or(&[][..], Vec::as_slice);
        let best_guess = |chance| or_constant(chance, newest, measured.plain_mean);
        let guess = chance.map(|chance| if is_share(&metric) { best_guess(chance) } else { chance });
        let data = newest.iter().map(|unit| unit.record.inputs.data.as_str()).collect();
        let points = measured
            .units
            .iter()
            .filter_map(|(at, units)| Some((*at, PointData::of(units, &measured, &metric, format)?)));
        let points = points.collect();
        let higher_is_better = measured.higher_is_better(&metric);
        Self {
            subject: measured.subject,
            metric,
            chance,
            guess,
            higher_is_better,
            format,
            data,
            units: measured.units,
            points,
        }
    }

    /// Right or wrong, so that its noise is binomial.
    pub(crate) fn is_share(&self) -> bool {
        are_shares(&self.metric, self.points.values().map(|point| point.estimate.value))
    }

    /// 1, or −1 where less is better: analysis wants curves that rise.
    pub(crate) fn orientation(&self) -> f64 {
        if self.higher_is_better { 1.0 } else { -1.0 }
    }

    /// The measured points of the path to the end of `branch`, in ascending tokens, each count of tokens once; those with the weights of
    /// another step are none.
    ///
    /// Of several variants of a checkpoint (EMA, merged) the plain one counts.
    pub(crate) fn path<'s>(&'s self, tree: &'s RunTree, branch: &str) -> Vec<(&'s Checkpoint, &'s PointData)> {
        let mut path: Vec<(&'s Checkpoint, &'s PointData)> = tree
            .path(branch)
            .into_iter()
            .filter(|checkpoint| tree.is_in_place(checkpoint.at()))
            .filter_map(|checkpoint| Some((checkpoint, self.points.get(&checkpoint.at())?)))
            .collect();
        path.sort_by_key(|(checkpoint, _)| (checkpoint.tokens, checkpoint.variant.is_some()));
        path.dedup_by_key(|(checkpoint, _)| checkpoint.tokens);
        path
    }

    /// The 95 % interval of a value.
    pub(crate) fn interval(&self, point: &PointData) -> Option<Interval> {
        point.estimate.interval(self.is_share())
    }

    /// Score of guessing, or of the best constant answer where that is better; 0 where the metric has none.
    pub(crate) fn guess(&self) -> f64 {
        self.guess.unwrap_or(0.0)
    }

    /// What changes along a path are read from, oriented to rise as its `curve` is: its items, where all points share at least half of
    /// the fewest.
    pub(crate) fn sample<'s>(&self, path: &[(&'s Checkpoint, &'s PointData)], curve: &Curve) -> Sample<'s> {
        let items: Vec<&ItemScores> = path.iter().map(|(_, point)| &point.items).collect();
        let ids = shared_ids(&items);
        let fewest = items.iter().map(|items| items.len()).min().unwrap_or(0);
        if ids.len() >= 2 && 2 * ids.len() >= fewest {
            let oriented = |items: &&'s ItemScores| match self.orientation() {
                1.0.. => items.at(&ids),
                orientation => items.at(&ids).iter().map(|value| orientation * value).collect(),
            };
            return Sample::Items { rows: items.iter().map(oriented).collect(), clusters: items[0].clusters_at(&ids) };
        }
        let variance = match &curve.noise {
            Noise::Items(n) => n.iter().zip(&curve.score).map(|(n, p)| (p * (1.0 - p) / n).max(0.0)).collect(),
            Noise::StandardErrors(se) => se.iter().map(|se| se * se).collect(),
        };
        Sample::Scores { score: curve.score.clone(), variance }
    }

    /// The curve of a path, oriented to rise, above what guessing gives.
    pub(crate) fn curve(&self, path: &[(&Checkpoint, &PointData)], item_diff_var: Option<Vec<f64>>) -> Curve {
        // A group's tasks are all there are, and no sample of them: they tell its error as its items do.
        let clusters = |point: &PointData| point.estimate.clusters.filter(|_| !self.subject.is_group);
        let noise = if self.is_share() {
            Noise::Items(path.iter().map(|(_, point)| sure_count(point.estimate.effective, clusters(point))).collect())
        } else {
            let error = |point: &PointData| point.estimate.se.unwrap_or(f64::NAN) * half_width(clusters(point)) / Z95;
            Noise::StandardErrors(path.iter().map(|(_, point)| error(point)).collect())
        };
        Curve {
            tokens: path.iter().map(|(checkpoint, _)| checkpoint.tokens).collect(),
            score: path.iter().map(|(_, point)| self.orientation() * point.estimate.value).collect(),
            noise,
            chance: self.orientation() * self.guess(),
            delta: None,
            item_diff_var,
        }
    }
}

pub(super) fn decomposed(units: &[&Unit]) -> Option<LetterDecomposition> {
    let items = || units.iter().flat_map(|unit| unit.items.iter());
    if items().any(|item| item.choices.iter().any(|choice| choice.tokens != 1)) {
        return None; // letters of several tokens have no mass of their own
    }
    let logp: Vec<Vec<f64>> = items().map(|item| item.choices.iter().map(|choice| choice.logprob).collect()).collect();
    letter_decomposition(&logp, &items().map(|item| item.gold).collect::<Vec<_>>())
}

/// Mean and standard error of item values, over clusters where there are any.
pub(crate) fn mean_of(items: &ItemScores) -> Option<(f64, f64)> {
    let (mean, se) = mean_se(items.values());
    let se = match items.clusters() {
        Some(clusters) => clustered_se(items.values(), clusters),
        None => se,
    };
    Some((mean?, se?))
}
