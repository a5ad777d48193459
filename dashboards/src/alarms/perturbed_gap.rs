//! The exact items gained on their choice-shuffled (or paraphrased) twins.

use std::collections::HashSet;

use rayon::prelude::*;
use serde::Serialize;

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use super::rules::{Line, Seen};
use crate::analysis::statistics::mean;
use crate::analysis::{ALPHA, Contrast, clustered_contrast, contrast, t_tail, wobble};
use crate::number::percent;
use crate::run::Checkpoint;
use crate::series::{ItemScores, PathFindings, Series, shared_ids};

/// Checkpoints before the last that make up "before".
const BEFORE: usize = 5;

/// Fewer items may all change alike by luck, and then there is no error to measure a gap by.
const FEWEST: usize = 8;

/// What the gap says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapVerdict {
    /// The exact items gained on their twins.
    LeakSuspected,
    /// They did not.
    None,
    /// Fewer than two checkpoints before the last, or fewer than eight items.
    CannotTell,
}

/// The verdict and its numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerturbedGap {
    /// The change of the gap; `None` when it cannot be told.
    #[serde(flatten)]
    pub gap: Option<Gap>,
    /// The verdict.
    pub verdict: GapVerdict,
}

/// Change of the gap between exact and perturbed items.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gap {
    /// The last checkpoint's gap minus the mean of those before.
    pub gain: f64,
    /// Its standard error, wobble included.
    pub se: f64,
    /// How often a gap that stands still grows by so many standard errors, at one look.
    #[serde(skip)]
    pub luck: f64,
    /// The last checkpoint's score on the exact items.
    #[serde(skip)]
    pub exact: f64,
    /// And on the perturbed ones.
    #[serde(skip)]
    pub perturbed: f64,
}

/// Compares the last checkpoint's gap (exact minus perturbed, per item: `exact[k][i]`, `perturbed[k][i]`) with the mean of up to five
/// before it.
///
/// `leak_suspected` when it grew by at least 4 SE and .02, and luck alone would do so less often than [`ALPHA`]; `wobble` is that of
/// the gap's own curve, for contrasts; `cluster` names each item's cluster where there are clusters. METHODS.md §7.
///
/// Few items or clusters may agree by chance, so that their error is far too small: 4 SE of ten items are 1 in 300. Hence Student's t
/// with `(G−1)·(SE²/SE_items²)²` degrees of freedom (G items or clusters; the wobble counts as known; Satterthwaite (1946),
/// Biometrics Bulletin 2, 110–114), and the error of clusters is never taken below that of their items.
pub fn perturbed_gap(
    exact: &[Vec<f64>],
    perturbed: &[Vec<f64>],
    wobble: f64,
    cluster: Option<&[String]>,
) -> PerturbedGap {
    let cannot_tell = PerturbedGap { gap: None, verdict: GapVerdict::CannotTell };
    let checkpoints = exact.len().min(perturbed.len());
    if checkpoints < 3
        || exact[0].len() < FEWEST
        || exact.iter().zip(perturbed).any(|(exact, perturbed)| exact.len() != perturbed.len())
    {
        return cannot_tell;
    }
    let before = (checkpoints - 1).min(BEFORE);
    let recent = checkpoints - 1 - before..checkpoints;
    let gaps: Vec<Vec<f64>> = recent
        .map(|k| exact[k].iter().zip(&perturbed[k]).map(|(exact, perturbed)| exact - perturbed).collect())
        .collect();
    let rows: Vec<&[f64]> = gaps.iter().map(Vec::as_slice).collect();
    let mut weights = vec![-1.0 / before as f64; before];
    weights.push(1.0);
    let Some(Change { gain, se, luck }) = change(&weights, &rows, wobble, cluster) else { return cannot_tell };
    let suspected = gain >= 4.0 * se && gain >= 0.02 && luck <= ALPHA;
    let verdict = if suspected { GapVerdict::LeakSuspected } else { GapVerdict::None };
    let (Some(exact), Some(perturbed)) = (mean(&exact[checkpoints - 1]), mean(&perturbed[checkpoints - 1])) else {
        return cannot_tell;
    };
    PerturbedGap { gap: Some(Gap { gain, se, luck, exact, perturbed }), verdict }
}

struct Change {
    gain: f64,
    se: f64,
    luck: f64,
}

fn change(weights: &[f64], rows: &[&[f64]], wobble: f64, cluster: Option<&[String]>) -> Option<Change> {
    let Contrast { value: gain, se: plain } = contrast(weights, rows, 0.0)?;
    let (items, units) = match cluster {
        Some(names) => {
            let clustered = clustered_contrast(weights, rows, 0.0, names)?.se;
            (clustered.max(plain), names.iter().collect::<HashSet<_>>().len())
        }
        None => (plain, rows.first()?.len()),
    };
    let steps = wobble * wobble * weights.iter().map(|weight| weight * weight).sum::<f64>();
    let variance = items * items + steps;
    let share = variance / (items * items); // infinite where all items changed alike: the wobble is all there is
    let freedom = (units - 1) as f64 * share * share;
    let se = variance.sqrt();
    let luck = if se > 0.0 { t_tail(gain / se, freedom as usize) } else { 1.0 };
    Some(Change { gain, se, luck })
}

/// The alarm, when a leak is suspected at one of `looks` looks on the page (tasks, branches, checkpoints); `perturbation` is what was
/// done to the choices: `shuffled`.
fn perturbed_gap_alarm(place: Place, found: &PerturbedGap, perturbation: &str, looks: usize) -> Option<Alarm> {
    let suspected = |gap: &Gap| found.verdict == GapVerdict::LeakSuspected && gap.luck * looks as f64 <= ALPHA;
    let gap = found.gap.filter(suspected)?;
    let sentence = format!(
        "Leak suspected: {} {} scores {} %, but {} % where the same items have their choices {perturbation}; the gap grew by {} \
         points. A model that knows the subject would score alike on both: look for these items in the training data.",
        place.task(),
        place.words(),
        percent(gap.exact),
        percent(gap.perturbed),
        percent(gap.gain),
    );
    Some(Alarm {
        kind: AlarmKind::PerturbedGap,
        place,
        evidence: evidence([("change of the gap", gap.gain), ("standard error", gap.se)]),
        threshold: "the gap between exact and perturbed items grew by at least 4 standard errors and 2 points over the mean of up to \
                    five checkpoints before, and luck would do so on fewer than one page in fifty",
        false_alarms: Some(
            "0 to .02 of simulated pages of 16 tasks at 16 checkpoints, with few items or clusters too; finds .61 to .73 of leaks worth 15 \
             points with 400 items, all with 2,000",
        ),
        sentence,
    })
}

/// A task and its twin along the own points of one branch, the newest first.
struct Pair {
    perturbation: String,
    looks: Vec<(Place, PerturbedGap)>,
}

/// Of each task on each branch the newest checkpoint that speaks, beside all that were looked at: one in so many speaks by luck.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    let of_task = |index: usize| seen.tasks[index].paths.iter().flat_map(move |path| pairs(seen, index, path));
    let pairs: Vec<Pair> = (0..seen.tasks.len()).into_par_iter().flat_map_iter(of_task).collect();
    let looks = pairs.iter().flat_map(|pair| &pair.looks).filter(|(_, found)| found.gap.is_some()).count();
    let speaks = |pair: &Pair| {
        let alarm = |(place, found): &(Place, PerturbedGap)| {
            perturbed_gap_alarm(place.clone(), found, &pair.perturbation, looks) //
        };
        pair.looks.iter().find_map(alarm)
    };
    pairs.iter().filter_map(speaks).collect()
}

fn pairs(seen: &Seen<'_>, index: usize, path: &PathFindings) -> Vec<Pair> {
    let own = &seen.series[index];
    if own.subject.perturb.is_some() {
        return Vec::new();
    }
    let points = own.path(&seen.run.tree, &path.branch);
    let is_twin = |other: &&Series<'_>| {
        let (a, b) = (&own.subject, &other.subject);
        b.perturb.is_some() && (&a.task, a.shots, a.is_group) == (&b.task, b.shots, b.is_group)
    };
    let pair = |twin: &Series<'_>| {
        let both: Vec<(usize, &ItemScores, &ItemScores)> =
            (0..points.len()).filter_map(|k| Some((k, &points[k].1.items, items_at(twin, points[k].0)?))).collect();
        let (gaps, clusters) = aligned(&both)?;
        let means: Vec<f64> = gaps
            .iter()
            .map(|(exact, perturbed)| {
                mean(exact).zip(mean(perturbed)).map_or(0.0, |(exact, perturbed)| exact - perturbed)
            })
            .collect();
        let look = |last: usize| {
            let (exact, perturbed): (Vec<Vec<f64>>, Vec<Vec<f64>>) = gaps[..=last].iter().cloned().unzip();
            let noise = wobble(&means[..=last], None).for_contrast;
            let line = Line { series: own, task: &seen.tasks[index], path };
            (line.place(both[last].0), perturbed_gap(&exact, &perturbed, noise, clusters.as_deref()))
        };
        let own_points = (0..both.len()).rev().filter(|&last| both[last].0 >= path.own_from);
        Some(Pair { perturbation: twin.subject.perturbed_words()?, looks: own_points.map(look).collect() })
    };
    seen.series.iter().filter(is_twin).filter_map(pair).collect()
}

fn items_at<'s>(series: &'s Series<'_>, checkpoint: &'s Checkpoint) -> Option<&'s ItemScores> {
    series.points.get(&checkpoint.at()).map(|point| &point.items)
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
#[cfg(test)]
mod tests;
