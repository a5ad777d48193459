//! Too many items whose two best options are exactly equally likely.

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use super::rules::{Line, Seen};
use crate::number::percent;
use crate::run::Run;

/// Above this share of ties something is broken (precision, or options that are equal).
const MOST: f64 = 0.05;

/// Share of items whose two best options have exactly equal log-likelihoods (`options[item]`); one option is no tie. `None` without
/// items.
pub fn ties(options: &[Vec<f64>]) -> Option<f64> {
    let is_tie = |options: &&Vec<f64>| {
        let best = options.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        options.iter().filter(|value| value.total_cmp(&best).is_eq()).count() > 1
    };
    (!options.is_empty()).then(|| options.iter().filter(is_tie).count() as f64 / options.len() as f64)
}

/// The alarm, when more than 5 % of the items end in a tie.
fn ties_alarm(place: Place, share: f64) -> Option<Alarm> {
    if share.is_nan() || share <= MOST {
        return None;
    }
    let sentence = format!(
        "{} {}: {} % of the items end in an exact tie of their two best options. Look for equal options, or for arithmetic that is too \
         coarse.",
        place.task(),
        place.words(),
        percent(share),
    );
    Some(Alarm {
        kind: AlarmKind::Ties,
        place,
        evidence: evidence([("share of ties", share)]),
        threshold: "more than 5 % of the items",
        false_alarms: Some("0 in f32 for a healthy model"),
        sentence,
    })
}

/// Ties, at the newest own checkpoint with too many of them.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    seen.each_line(|line| tied(seen.run, line))
}

fn tied(run: &Run, line: Line<'_>) -> Option<Alarm> {
    let Line { series, path, .. } = line;
    let points = series.path(&run.tree, &path.branch);
    let units = |k: usize| series.units.get(&points[k].0.at()).map_or(&[][..], Vec::as_slice);
    (path.own_from..points.len()).rev().find_map(|k| {
        let options: Vec<Vec<f64>> = units(k)
            .iter()
            .flat_map(|unit| unit.items.iter().filter(|item| !item.choices.is_empty()))
            .map(|item| item.choices.iter().map(|choice| choice.logprob).collect())
            .collect();
        ties_alarm(line.place(k), ties(&options)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_best_two_count() {
        let options = [vec![-1.0, -1.0, -3.0], vec![-1.0, -3.0, -3.0], vec![-1.0], vec![]];
        assert_eq!(ties(&options), Some(0.25));
        assert_eq!(ties(&[]), None);
        assert!(ties_alarm(Place::default(), 0.05).is_none() && ties_alarm(Place::default(), 0.06).is_some());
    }
}
