//! The newest checkpoint is worse than an earlier one.

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use super::rules::Seen;
use crate::analysis::Drop;
use crate::number::{points, tokens};

/// The alarm of a last point that regressed; `from_tokens` are those of the earlier point. `fraction`: the score is a share, said in
/// points; otherwise as a number, which lies over the earlier one where less is better.
fn regressed_alarm(place: Place, drop: Drop, from_tokens: u64, fraction: bool, higher_is_better: bool) -> Alarm {
    let size = if fraction {
        format!("{} points", points(drop.drop).trim_start_matches('+'))
    } else {
        format!("{:.3}", drop.drop)
    };
    let sentence = format!(
        "{} {} lies {size} {} its score at {}, more than checkpoints usually differ.",
        place.task(),
        place.words(),
        if higher_is_better { "under" } else { "over" },
        tokens(from_tokens as f64),
    );
    Alarm {
        kind: AlarmKind::Regressed,
        place,
        evidence: evidence([("drop", drop.drop), ("standard error", drop.se), ("p, corrected", drop.p)]),
        threshold: "a drop of at least 1 point from any earlier checkpoint, p ≤ .02 over all lines of the table and all earlier checkpoints, \
                    of a task that has emerged",
        false_alarms: Some("at most 2 % of pages; more when neighbouring checkpoints wobble together"),
        sentence,
    }
}

/// Every path that was judged to have regressed, beside the other lines of its table.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    seen.each_line(|line| {
        let drop = line.path.drop.filter(|_| line.path.regressed)?;
        let from = line.path.points[drop.from].tokens;
        Some(regressed_alarm(line.newest(), drop, from, line.task.fraction, line.task.higher_is_better))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::worst_drop;

    #[test]
    fn a_drop_is_said_in_points() {
        let drop = worst_drop(&[0.25, 0.52, 0.44], &[0.008, 0.008], 0.008).unwrap();
        assert!(drop.is_clear(0.02));
        let place = Place { task: Some("t".into()), branch: "b".into(), step: None, tokens: Some(2_000_000_000) };
        let alarm = regressed_alarm(place, drop, 1_000_000_000, true, true);
        assert!(
            alarm.sentence.starts_with("t on b at 2 B tokens lies 8.0 points under its score at 1 B"),
            "{}",
            alarm.sentence
        );
    }
}
