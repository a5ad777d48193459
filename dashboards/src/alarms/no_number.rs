//! Alarms of a loss that is not a finite number: no statistics, no calm entries are needed to tell it.

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use crate::number::tokens;
use crate::run::LogEntry;

/// Entries without a number that are so many apart, or fewer, are one event.
const APART: usize = 10;

/// Stretches of a branch's log whose loss is NaN or infinite, but for those that one of the alarms `told` begins with.
pub(super) fn no_number_alarms(branch: &str, entries: &[LogEntry], told: &[Alarm]) -> Vec<Alarm> {
    let logged: Vec<(&LogEntry, f64)> = entries.iter().filter_map(|entry| Some((entry, entry.loss?))).collect();
    let bad: Vec<usize> = (0..logged.len()).filter(|&index| !logged[index].1.is_finite()).collect();
    let stretches =
        bad.chunk_by(|a, b| b - a <= APART).map(|stretch| (stretch[0], stretch[stretch.len() - 1], stretch.len()));
    let alarm = |(from, to, count): (usize, usize, usize)| {
        let (first, last) = (logged[from].0, logged[to].0);
        let place = Place { task: None, branch: branch.to_owned(), step: Some(first.step), tokens: first.tokens };
        let end = last.tokens.map_or_else(|| format!("step {}", last.step), |t| format!("{} tokens", tokens(t as f64)));
        let time = if count == 1 {
            "at one log entry".to_owned()
        } else {
            format!("at {count} log entries, the last at {end}")
        };
        let (kind, more) = if to + 1 < logged.len() {
            (AlarmKind::LossSpike, ", and came back")
        } else {
            (AlarmKind::Collapse, ", and the log ends there")
        };
        let sentence = format!("The loss was not a number {} {time}{more}.", place.words());
        let evidence = evidence([("log entries", count as f64)]);
        Alarm { kind, place, evidence, threshold: "a loss that is not a finite number", false_alarms: None, sentence }
    };
    let is_told = |step: u64| {
        let mut of_loss = told.iter().filter(|alarm| matches!(alarm.kind, AlarmKind::LossSpike | AlarmKind::Collapse));
        of_loss.any(|alarm| alarm.place.step == Some(step))
    };
    stretches.filter(|(from, ..)| !is_told(logged[*from].0.step)).map(alarm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarms::loss::loss_alarms;

    fn entries(loss: &[f64]) -> Vec<LogEntry> {
        let entry = |(k, &loss): (usize, &f64)| LogEntry {
            step: k as u64,
            tokens: Some(k as u64 * 1_000_000),
            learning_rate: None,
            loss: Some(loss),
            ..LogEntry::default()
        };
        loss.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn a_loss_that_is_no_number_is_told_once_however_short_the_log() {
        let mut short = vec![3.0, 2.5, f64::NAN, f64::INFINITY];
        short.extend([2.2; 12]);
        short.push(f64::NAN);
        let short = entries(&short[..]);
        let found = no_number_alarms("trunk", &short, &[]);
        let said: Vec<_> = found.iter().map(|alarm| (alarm.kind, alarm.sentence.as_str())).collect();
        assert_eq!(
            said,
            [
                (
                    AlarmKind::LossSpike,
                    "The loss was not a number on trunk at 2 M tokens at 2 log entries, the last at 3 M tokens, and came back."
                ),
                (
                    AlarmKind::Collapse,
                    "The loss was not a number on trunk at 16 M tokens at one log entry, and the log ends there."
                ),
            ]
        );
        let mut loss = vec![2.0; 80];
        loss[60] = f64::NAN;
        let long = entries(&loss);
        let told = loss_alarms("trunk", &long, false);
        assert_eq!(told.len() + no_number_alarms("trunk", &long, &told).len(), 1, "{told:?}");
        assert!(no_number_alarms("trunk", &entries(&[2.0, 9.0]), &[]).is_empty());
    }
}
