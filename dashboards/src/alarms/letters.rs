//! A3: the predicted letters are not spread as the right ones are.

use super::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::{Z95, wilson};
use crate::plots::percent;
use serde::Serialize;

/// How predictions spread over the letters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Letters {
    /// Share of predictions per letter.
    pub shares: Vec<f64>,
    /// Share of right answers per letter.
    pub gold_shares: Vec<f64>,
    /// Share of right predictions.
    pub accuracy: f64,
    /// What guessing with these shares gives: `Σ_l pred_l gold_l`.
    pub letter_chance: f64,
    /// The largest excess of a letter's predictions over its right answers.
    pub excess: f64,
    /// The excess is above .25.
    pub biased: bool,
    /// One letter is at least .95 of the predictions.
    pub degenerate: bool,
    /// Wilson's lower end of the accuracy lies above `letter_chance`.
    pub above_letter_chance: bool,
}

/// Compares predicted with right letters; `None` without items or with a letter out of range. SPEC.md §7.
pub fn letters(predicted: &[usize], gold: &[usize], letters: usize) -> Option<Letters> {
    let n = predicted.len() as f64;
    if predicted.is_empty() || predicted.len() != gold.len() || predicted.iter().chain(gold).any(|&l| l >= letters) {
        return None;
    }
    let shares = |of: &[usize]| -> Vec<f64> {
        (0..letters).map(|letter| of.iter().filter(|&&l| l == letter).count() as f64 / n).collect()
    };
    let (shares, gold_shares) = (shares(predicted), shares(gold));
    let pairs = || shares.iter().zip(&gold_shares);
    let excess = pairs().map(|(share, gold)| share - gold).fold(f64::NEG_INFINITY, f64::max);
    let letter_chance: f64 = pairs().map(|(share, gold)| share * gold).sum();
    let accuracy = predicted.iter().zip(gold).filter(|(p, g)| p == g).count() as f64 / n;
    let low = wilson(accuracy, n, Z95)?.0;
    Some(Letters {
        accuracy,
        letter_chance,
        excess,
        biased: excess > 0.25,
        degenerate: shares.iter().any(|share| *share >= 0.95),
        above_letter_chance: low > letter_chance,
        shares,
        gold_shares,
    })
}

/// The alarm, when predictions are biased or degenerate.
pub fn letters_alarm(place: Place, found: &Letters) -> Option<Alarm> {
    if !found.biased && !found.degenerate {
        return None;
    }
    let over = |index: usize| found.shares[index] - found.gold_shares[index];
    let letter = (0..found.shares.len()).reduce(|a, b| if over(b) > over(a) { b } else { a })?;
    let name = u32::try_from(letter).ok().and_then(|index| char::from_u32(u32::from('A') + index)).unwrap_or('?');
    let worth = if found.above_letter_chance {
        format!("Its score of {} % is above what these letters give by chance", percent(found.accuracy))
    } else {
        format!("Its score of {} % is not above what its letters give", percent(found.accuracy))
    };
    let sentence = format!(
        "{} {} answers {name} for {} % of the items, which is right for {} %. {worth} ({} %).",
        place.task(),
        place.words(),
        percent(found.shares[letter]),
        percent(found.gold_shares[letter]),
        percent(found.letter_chance),
    );
    Some(Alarm {
        kind: AlarmKind::Letters,
        place,
        evidence: evidence([
            ("share of this letter", found.shares[letter]),
            ("share of it among right answers", found.gold_shares[letter]),
            ("accuracy", found.accuracy),
            ("accuracy that its letters give", found.letter_chance),
        ]),
        threshold: "one letter predicted 25 points more often than it is right, or for 95 % of the items",
        false_alarms: Some("0 with even letters and at least 100 items; finds .96 of letters at 60 % with 100 items"),
        sentence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_the_same_letter_is_degenerate() {
        let found = letters(&[3; 100], &[0, 1, 2, 3].repeat(25), 4).unwrap();
        assert!(found.degenerate && found.biased && !found.above_letter_chance);
        let alarm = letters_alarm(Place { branch: "trunk".into(), ..Place::default() }, &found).unwrap();
        assert!(
            alarm.sentence.contains("answers D for 100.0 % of the items, which is right for 25.0 %"),
            "{}",
            alarm.sentence
        );
        assert_eq!(letters(&[4], &[0], 4), None);
    }
}
