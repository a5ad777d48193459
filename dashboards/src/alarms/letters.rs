//! The predicted letters are not spread as the right ones are.

use std::collections::BTreeMap;

use serde::Serialize;
use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::argmax;

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use super::rules::{Line, Seen};
use crate::analysis::Onset;
use crate::analysis::{Z95, wilson};
use crate::number::percent;
use crate::run::{Run, Unit};
use crate::series::AnswerFormat;

/// How predictions spread over the letters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Letters {
    /// How many items.
    #[serde(skip)]
    pub items: usize,
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

/// What a preferred letter is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LettersVerdict {
    /// The task's score claims an ability: look.
    Alarm,
    /// Nothing is claimed: usual of a young model.
    Note,
    /// No letter is surely preferred.
    Nothing,
}

/// Standard deviations of even guessing that a letter's excess must exceed, so that few items raise nothing.
const SURE: f64 = 3.0;
/// A score is surely above guessing with so many standard deviations.
const Z_FOOLED: f64 = 3.0;

impl Letters {
    /// A letter counts as preferred when its excess is above .25 or it takes .95 of the items, and the excess is more than even guessing
    /// of so many items gives: `3 √(2·(1/k)(1−1/k)/n)`. That is an alarm where an ability `is_there`, or where the score is surely above
    /// guessing but not above what its letters give.
    pub fn verdict(&self, is_there: bool) -> LettersVerdict {
        let (even, n) = (1.0 / self.shares.len() as f64, self.items as f64);
        let is_sure = self.excess > SURE * (2.0 * even * (1.0 - even) / n).sqrt();
        if !is_sure || !(self.biased || self.degenerate) {
            return LettersVerdict::Nothing;
        }
        let is_high = wilson(self.accuracy, n, Z_FOOLED).is_some_and(|(low, _)| low > even);
        if is_there || is_high && !self.above_letter_chance { LettersVerdict::Alarm } else { LettersVerdict::Note }
    }

    /// The letter with the largest excess.
    pub fn preferred(&self) -> usize {
        let over = |index: usize| self.shares[index] - self.gold_shares[index];
        (0..self.shares.len()).reduce(|a, b| if over(b) > over(a) { b } else { a }).unwrap_or(0)
    }
}

/// `A` of 0.
pub(crate) fn letter_name(letter: usize) -> char {
    u32::try_from(letter).ok().and_then(|index| char::from_u32(u32::from('A') + index)).unwrap_or('?')
}

/// Compares predicted with right letters; `None` without items or with a letter out of range. METHODS.md §7.
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
        items: predicted.len(),
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

/// The alarm, when the verdict is one.
fn letters_alarm(place: Place, found: &Letters, verdict: LettersVerdict) -> Option<Alarm> {
    if verdict != LettersVerdict::Alarm {
        return None;
    }
    let letter = found.preferred();
    let name = letter_name(letter);
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
        threshold: "one letter predicted 25 points more often than it is right, or for 95 % of the items, surely more than even guessing \
                    gives, of a task that has emerged or scores above guessing",
        false_alarms: Some("0 with even letters; on up to .04 of simulated pages of models that learned nothing"),
        sentence,
    })
}

/// Of each task on each branch, its newest checkpoint.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    seen.each_line(|line| {
        let (found, verdict) = spread(seen.run, line)?;
        letters_alarm(line.newest(), &found, verdict)
    })
}

/// How the letters of a task's newest checkpoint on a path spread, and what that is worth; `None` of other tasks, and where another
/// curve speaks for them: leaves of a group, perturbed twins.
fn spread(run: &Run, Line { series, task, path }: Line<'_>) -> Option<(Letters, LettersVerdict)> {
    if series.format != AnswerFormat::Letters || !task.is_told {
        return None;
    }
    let points = series.path(&run.tree, &path.branch);
    let (newest, _) = points.last()?;
    let (predicted, gold, count) = predicted(series.units.get(&newest.at())?)?;
    let found = letters(&predicted, &gold, count)?;
    let verdict = found.verdict(path.onset.as_ref().is_some_and(Onset::is_there));
    Some((found, verdict))
}

/// Predicted and right letters, and how many letters there are.
fn predicted(units: &[&Unit]) -> Option<(Vec<usize>, Vec<usize>, usize)> {
    let items = units.iter().flat_map(|unit| unit.items.iter());
    let answer = |item: &ItemRecord| {
        let likeliest = argmax(item.choices.iter().map(|choice| choice.logprob))?;
        Some((likeliest, item.gold, item.choices.len()))
    };
    let answers: Option<Vec<(usize, usize, usize)>> = items.map(answer).collect();
    let answers = answers?;
    let letters = answers.iter().map(|answer| answer.2).max()?;
    let (predicted, gold) = answers.iter().map(|answer| (answer.0, answer.1)).unzip();
    Some((predicted, gold, letters))
}

/// `62 lettered tasks are answered with one letter (mostly A): usual before letters are learned`.
pub(crate) fn letters_note(seen: &Seen<'_>) -> Option<String> {
    let mut titles = Vec::new();
    let (mut letters, mut is_all) = (BTreeMap::<usize, usize>::new(), true);
    for (series, task) in seen.series.iter().zip(seen.tasks) {
        let found = task.paths.iter().filter_map(|path| spread(seen.run, Line { series, task, path }));
        let noted: Vec<Letters> =
            found.filter(|(_, verdict)| *verdict == LettersVerdict::Note).map(|(found, _)| found).collect();
        if !noted.is_empty() {
            titles.push(task.subject.title());
        }
        for found in noted {
            *letters.entry(found.preferred()).or_default() += 1;
            is_all &= found.degenerate;
        }
    }
    let (&commonest, _) = letters.iter().max_by_key(|(letter, count)| (**count, std::cmp::Reverse(**letter)))?;
    let who = match titles.as_slice() {
        [only] => format!("{only} is"),
        all => format!("{} lettered tasks are", all.len()),
    };
    let with = if is_all { "with one letter" } else { "mostly with one letter" };
    let mostly = if letters.len() > 1 { "most often " } else { "" };
    let name = letter_name(commonest);
    Some(format!("{who} answered {with} ({mostly}{name}): usual before letters are learned"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_the_same_letter_is_degenerate() {
        let found = letters(&[3; 100], &[0, 1, 2, 3].repeat(25), 4).unwrap();
        assert!(found.degenerate && found.biased && !found.above_letter_chance);
        let place = || Place { branch: "trunk".into(), ..Place::default() };
        assert_eq!(letters_alarm(place(), &found, found.verdict(false)), None, "nothing is claimed");
        let alarm = letters_alarm(place(), &found, found.verdict(true)).unwrap();
        assert!(
            alarm.sentence.contains("answers D for 100.0 % of the items, which is right for 25.0 %"),
            "{}",
            alarm.sentence
        );
        assert_eq!(letters(&[4], &[0], 4), None);
    }
}
