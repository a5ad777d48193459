//! Two checkpoints give every item the same log-likelihoods, bit for bit.

use super::{Alarm, AlarmKind, Place, evidence};

/// Whether two lists of log-likelihoods are equal bit for bit; `false` for empty ones.
pub fn same_weights(a: &[f64], b: &[f64]) -> bool {
    !a.is_empty() && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// The alarm for a checkpoint (the place) that answers as an earlier one does on `compared` log-likelihoods.
pub fn same_weights_alarm(place: Place, earlier: &Place, compared: usize) -> Alarm {
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
