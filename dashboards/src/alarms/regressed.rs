//! A6: the newest checkpoint is worse than an earlier one.

use super::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::{Regression, RegressionVerdict};
use crate::plots::{points, tokens};

/// The alarm, when the last point regressed; `from_tokens` are those of the earlier point.
pub fn regressed_alarm(place: Place, found: &Regression, from_tokens: u64) -> Option<Alarm> {
    let drop = found.drop.filter(|_| found.verdict == RegressionVerdict::Regressed)?;
    let sentence = format!(
        "{} {} lies {} points under its score at {}, more than checkpoints usually differ.",
        place.task(),
        place.words(),
        points(drop.drop).trim_start_matches('+'),
        tokens(from_tokens as f64),
    );
    Some(Alarm {
        kind: AlarmKind::Regressed,
        place,
        evidence: evidence([("drop", drop.drop), ("standard error", drop.se), ("p, corrected", drop.p)]),
        threshold: "a drop of at least 1 point from any earlier checkpoint with p ≤ .01, corrected for their number",
        false_alarms: Some(
            "0.4 % per curve, 2.3 % in the worst case simulated; more when neighbouring checkpoints wobble together",
        ),
        sentence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::regression;

    #[test]
    fn a_drop_is_said_in_points() {
        let found = regression(&[0.25, 0.52, 0.44], &[0.008, 0.008], 0.008);
        let place = Place { task: Some("t".into()), branch: "b".into(), step: None, tokens: Some(2_000_000_000) };
        let alarm = regressed_alarm(place, &found, 1_000_000_000).unwrap();
        assert!(
            alarm.sentence.starts_with("t on b at 2 B tokens lies 8.0 points under its score at 1 B"),
            "{}",
            alarm.sentence
        );
    }
}
