//! A2: the exact items gained on their choice-shuffled (or paraphrased) twins.

use super::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::{Contrast, clustered_contrast, contrast};
use crate::plots::percent;
use serde::Serialize;

/// Checkpoints before the last that make up "before".
const BEFORE: usize = 5;

/// What the gap says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapVerdict {
    /// The exact items gained on their twins.
    LeakSuspected,
    /// They did not.
    None,
    /// Fewer than two checkpoints before the last, or too few items.
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
/// `leak_suspected` when it grew by at least 4 SE and .02; `wobble` is that of the gap's own curve, for contrasts; `cluster` names
/// each item's cluster where there are clusters. SPEC.md §7.
pub fn perturbed_gap(
    exact: &[Vec<f64>],
    perturbed: &[Vec<f64>],
    wobble: f64,
    cluster: Option<&[String]>,
) -> PerturbedGap {
    let cannot_tell = PerturbedGap { gap: None, verdict: GapVerdict::CannotTell };
    let checkpoints = exact.len().min(perturbed.len());
    if checkpoints < 3 || exact.iter().zip(perturbed).any(|(exact, perturbed)| exact.len() != perturbed.len()) {
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
    let found = match cluster {
        Some(cluster) => clustered_contrast(&weights, &rows, wobble, cluster),
        None => contrast(&weights, &rows, wobble),
    };
    let Some(Contrast { value: gain, se }) = found else { return cannot_tell };
    let suspected = gain >= 4.0 * se && gain >= 0.02;
    let verdict = if suspected { GapVerdict::LeakSuspected } else { GapVerdict::None };
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let (exact, perturbed) = (mean(&exact[checkpoints - 1]), mean(&perturbed[checkpoints - 1]));
    PerturbedGap { gap: Some(Gap { gain, se, exact, perturbed }), verdict }
}

/// The alarm, when a leak is suspected; `perturbation` is what was done to the choices: `shuffled`.
pub fn perturbed_gap_alarm(place: Place, found: &PerturbedGap, perturbation: &str) -> Option<Alarm> {
    let gap = found.gap.filter(|_| found.verdict == GapVerdict::LeakSuspected)?;
    let sentence = format!(
        "Leak suspected: {} {} scores {} %, but {} % where the same items have their choices {perturbation}; that gap grew by {} \
         points. A model that knows the subject is right on both: look for these items in the training data.",
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
                    five checkpoints before",
        false_alarms: Some(
            "1 of 4,800 simulated runs; finds .61 to .73 of leaks worth 15 points with 400 items, all with 2,000",
        ),
        sentence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_checkpoints_cannot_tell() {
        let rows = vec![vec![1.0, 0.0, 1.0]; 2];
        assert_eq!(perturbed_gap(&rows, &rows, 0.01, None).verdict, GapVerdict::CannotTell);
        let ragged = vec![vec![1.0], vec![1.0], vec![1.0, 0.0]];
        assert_eq!(perturbed_gap(&ragged, &ragged, 0.01, None).verdict, GapVerdict::CannotTell);
    }
}
