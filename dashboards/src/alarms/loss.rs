//! Alarms from the training log: loss spike, collapse, plateau.

use super::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::{LossSpike, Plateau, loss_spikes};
use crate::plots::tokens;
use crate::run::LogEntry;

/// Spikes and collapses of the loss inside one phase of a branch.
///
/// Against the calm entries before: more than 6 robust standard deviations and 5 % above their median ([`loss_spikes`]).
pub fn loss_alarms(branch: &str, entries: &[LogEntry]) -> Vec<Alarm> {
    let logged: Vec<(&LogEntry, f64)> = entries.iter().filter_map(|entry| Some((entry, entry.loss?))).collect();
    let loss: Vec<f64> = logged.iter().map(|(_, loss)| *loss).collect();
    loss_spikes(&loss).iter().map(|spike| alarm(branch, &logged, *spike)).collect()
}

fn alarm(branch: &str, logged: &[(&LogEntry, f64)], spike: LossSpike) -> Alarm {
    let (first, last) = (logged[spike.from].0, logged[spike.to].0);
    let highest = logged[spike.from..=spike.to].iter().map(|(_, loss)| *loss).filter(|loss| loss.is_finite());
    let highest = highest.fold(f64::NEG_INFINITY, f64::max);
    let place = Place { task: None, branch: branch.to_owned(), step: Some(first.step), tokens: first.tokens };
    let height = if highest.is_finite() { format!("rose to {highest:.2}") } else { "was no number".to_owned() };
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
        threshold: "above the median of the last 50 calm entries by 6 robust standard deviations and 5 %; a collapse when it stays for \
                    50 entries or to the end of the log",
        false_alarms: None,
        sentence,
    }
}

/// The alarm, when the loss has stopped falling at the end of a phase (the place).
pub fn plateau_alarm(place: Place, found: &Plateau) -> Option<Alarm> {
    if !found.plateau {
        return None;
    }
    let sentence = format!(
        "The loss {} changes by {:+.3} per doubling of tokens: the learning rate is too low, or the model is full.",
        place.words(),
        found.slope,
    );
    Some(Alarm {
        kind: AlarmKind::Plateau,
        place,
        evidence: evidence([("change per doubling", found.slope), ("standard error", found.se)]),
        threshold: "over the last fifth of the phase the loss surely falls by less than 2 % per doubling of tokens",
        false_alarms: None,
        sentence: sentence.replace('-', "−"),
    })
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
        };
        let mut loss = vec![2.0; 40];
        loss[20] = 5.0;
        loss.extend([7.5, f64::NAN]);
        let entries: Vec<LogEntry> = loss.into_iter().enumerate().map(entry).collect();
        let found: Vec<String> = loss_alarms("trunk", &entries).into_iter().map(|alarm| alarm.sentence).collect();
        assert_eq!(found[0], "The loss rose to 5.00 on trunk at 20 M tokens at one log entry, and came back.");
        assert!(
            found[1].starts_with("The loss rose to 7.50 on trunk at 40 M tokens and had not come back by 41 M tokens")
        );
    }
}
