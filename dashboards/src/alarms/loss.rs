//! Alarms from the training log: loss spike, collapse, plateau.

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::{LossSpike, loss_spikes};
use crate::number::tokens;
use crate::run::LogEntry;

/// A spike that comes and goes within so many entries is not what a rate that is being warmed does.
const BRIEF: usize = 5;

/// Spikes and collapses of the loss inside one phase of a branch ([`loss_spikes`]).
///
/// While the rate is `rewarming` only those that it cannot explain: a loss that is not a number, or one that comes and goes within
/// five entries.
pub(super) fn loss_alarms(branch: &str, entries: &[LogEntry], rewarming: bool) -> Vec<Alarm> {
    let logged: Vec<(&LogEntry, f64)> = entries.iter().filter_map(|entry| Some((entry, entry.loss?))).collect();
    let loss: Vec<f64> = logged.iter().map(|(_, loss)| *loss).collect();
    let brief = |spike: &LossSpike| spike.recovered && spike.to - spike.from < BRIEF;
    let no_number = |spike: &LossSpike| loss[spike.from..=spike.to].iter().any(|loss| !loss.is_finite());
    let spikes = loss_spikes(&loss).into_iter();
    let told = spikes.filter(|spike| !rewarming || brief(spike) || no_number(spike));
    told.map(|spike| alarm(branch, &logged, spike)).collect()
}

fn alarm(branch: &str, logged: &[(&LogEntry, f64)], spike: LossSpike) -> Alarm {
    let (first, last) = (logged[spike.from].0, logged[spike.to].0);
    let highest = logged[spike.from..=spike.to].iter().map(|(_, loss)| *loss).filter(|loss| loss.is_finite());
    let highest = highest.fold(f64::NEG_INFINITY, f64::max);
    let place = Place { task: None, branch: branch.to_owned(), step: Some(first.step), tokens: first.tokens };
    let height = if highest.is_finite() { format!("rose to {highest:.2}") } else { "was not a number".to_owned() };
    let entries = spike.to - spike.from + 1;
    let end = last.tokens.map_or_else(|| format!("step {}", last.step), |t| format!("{} tokens", tokens(t as f64)));
    let (kind, sentence) = if spike.recovered {
        let time = if entries == 1 { "at one log entry".to_owned() } else { format!("until {end}") };
        (AlarmKind::LossSpike, format!("The loss {height} {} {time}, and came back.", place.words()))
    } else {
        let words = place.words();
        (
            AlarmKind::Collapse,
            format!("The loss {height} {words} and had not come back by {end}: a collapse, or data of another kind."),
        )
    };
    Alarm {
        kind,
        place,
        evidence: evidence([("highest loss", highest), ("log entries", entries as f64)]),
        threshold: "above the line through the last 50 calm entries, and above the last ten of them, by 6 robust standard deviations and 5 %, for two entries or by twice \
                    that, and by more late in a long log; a collapse when it stays for 50 entries or to the end of the log",
        false_alarms: Some(
            "0 of simulated logs with normal noise; with heavy tails .03 of those of 200 entries, .05 of 1,000; finds all spikes \
             of 15 % over five entries at 1 % of noise",
        ),
        sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_and_a_collapse_are_told_apart() {
        let entry = |(k, loss): (usize, f64)| LogEntry {
            step: k as u64,
            tokens: Some(k as u64 * 1_000_000),
            learning_rate: None,
            loss: Some(loss),
            ..LogEntry::default()
        };
        let mut loss = vec![2.0; 60];
        loss[40] = 5.0;
        loss.extend([7.5, f64::NAN]);
        let entries: Vec<LogEntry> = loss.into_iter().enumerate().map(entry).collect();
        let found: Vec<String> =
            loss_alarms("trunk", &entries, false).into_iter().map(|alarm| alarm.sentence).collect();
        assert_eq!(found[0], "The loss rose to 5.00 on trunk at 40 M tokens at one log entry, and came back.");
        assert!(
            found[1].starts_with("The loss rose to 7.50 on trunk at 60 M tokens and had not come back by 61 M tokens")
        );
    }
}
