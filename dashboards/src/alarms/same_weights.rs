//! Two checkpoints give every item the same log-likelihoods, bit for bit.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use super::rules::Seen;
use crate::run::{At, Checkpoint, Unit};

/// Whether two lists of log-likelihoods are equal bit for bit; `false` for empty ones.
pub fn same_weights(a: &[f64], b: &[f64]) -> bool {
    !a.is_empty() && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// The alarm for a checkpoint (the place) that answers as an earlier one does on `compared` log-likelihoods.
fn same_weights_alarm(place: Place, earlier: &Place, compared: usize) -> Alarm {
    let sentence = format!(
        "The checkpoint {} answers bit for bit as the one {}: probably the same weights were saved or copied twice.",
        place.words(),
        earlier.words(),
    );
    Alarm {
        kind: AlarmKind::SameWeights,
        place,
        evidence: evidence([("log-likelihoods compared", compared as f64)]),
        threshold: "every log-likelihood of every common task equal bit for bit",
        false_alarms: Some("0 (exact)"),
        sentence,
    }
}

/// Hash and number of the log-likelihoods of each task with its settings.
type Fingerprints = HashMap<String, (u64, usize)>;

/// Same weights: checkpoints whose log-likelihoods equal those of an earlier one on every task that both were scored on.
///
/// Replies may refute it but never prove it: two checkpoints that say nothing say the same.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    let mut answers: BTreeMap<(u64, At<'_>), (&Checkpoint, Fingerprints)> = BTreeMap::new();
    for unit in seen.run.units.iter().filter(|unit| !unit.items.is_empty()) {
        let checkpoint = &unit.record.checkpoint;
        let entry = answers.entry((checkpoint.tokens, checkpoint.at()));
        let inputs = &unit.record.inputs;
        let task = format!("{} {} {:?} {}", unit.record.task, unit.record.shots, inputs.perturb, unit.items.len());
        entry.or_insert_with(|| (checkpoint, HashMap::new())).1.insert(task, fingerprint(unit));
    }
    let all: Vec<_> = answers.into_values().collect();
    let mut found = Vec::new();
    for (index, (checkpoint, own)) in all.iter().enumerate() {
        let twin = all[..index].iter().find_map(|(earlier, others)| {
            let shared: Vec<_> = own.iter().filter_map(|(task, print)| Some((print, others.get(task)?))).collect();
            let same = shared.iter().all(|(a, b)| a == b);
            let compared: usize = shared.iter().map(|(print, _)| print.1).sum();
            let at_fork = earlier.tokens == checkpoint.tokens && earlier.branch != checkpoint.branch;
            (same && compared > 0 && !at_fork).then_some((earlier, compared))
        });
        found.extend(twin.map(|(earlier, compared)| same_weights_alarm(here(checkpoint), &here(earlier), compared)));
    }
    found
}

fn here(checkpoint: &Checkpoint) -> Place {
    Place {
        task: None,
        branch: checkpoint.branch.clone(),
        step: Some(checkpoint.step),
        tokens: Some(checkpoint.tokens),
    }
}

/// Hash and number of all log-likelihoods, bit for bit.
fn fingerprint(unit: &Unit) -> (u64, usize) {
    let mut hasher = DefaultHasher::new();
    let mut count = 0;
    for item in unit.items.iter() {
        for value in item.choices.iter().map(|c| c.logprob).chain(item.rolling.iter().map(|r| r.logprob)) {
            value.to_bits().hash(&mut hasher);
            count += 1;
        }
        if let Some(generation) = &item.generation {
            generation.text.hash(&mut hasher);
        }
    }
    (hasher.finish(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bit_counts() {
        let (a, b) = (-1.5_f64, f64::from_bits((-1.5_f64).to_bits() + 1));
        assert!(same_weights(&[a, 0.0], &[a, 0.0]));
        assert!(!same_weights(&[a, 0.0], &[b, 0.0]) && !same_weights(&[], &[]) && !same_weights(&[0.0], &[-0.0]));
    }
}
