//! Made-up words with labels: after a few pairs, the label of one of the words is asked for.

use std::collections::BTreeSet;

use serde_json::json;

use super::seeded::Dice;
use crate::item::Row;

const LABELS: [&str; 4] = ["red", "blue", "green", "black"];
const ONSETS: [&str; 16] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "dr", "pl"];
const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
const CODAS: [&str; 6] = ["", "", "k", "m", "n", "x"];

/// At least 3,200 questions after `shots` pairs, at most four about the same pairs.
///
/// Four and more shots show every label equally often, two show two: the commonest label tells nothing. A single shot
/// shows only the answer, so there copying any label is enough. Four questions to a context share its computation.
pub(super) fn rows(shots: usize) -> Vec<Row> {
    let questions = shots.min(4);
    let contexts = if questions == 4 { 1000 } else { 3200 / questions };
    (0..contexts).flat_map(|context| questions_of(context, shots, questions)).collect()
}

fn questions_of(context: usize, shots: usize, questions: usize) -> Vec<Row> {
    let mut dice = Dice::new(&format!("mapping_{shots}"), context);
    let mut order: Vec<usize> = (0..LABELS.len()).collect();
    dice.shuffle(&mut order);
    let mut labels: Vec<usize> = (0..shots).map(|shot| order[shot % LABELS.len()]).collect();
    dice.shuffle(&mut labels);
    let words = words(&mut dice, shots);
    let pair = |(word, &label): (&String, &usize)| [word.as_str(), ": ", LABELS[label], "\n"].concat();
    let shown: String = words.iter().zip(&labels).map(pair).collect();
    let mut asked: Vec<usize> = (0..shots).collect();
    dice.shuffle(&mut asked);
    let row = |&shot: &usize| {
        Row::from_iter([
            ("prompt".to_owned(), format!("{shown}{}:", words[shot]).into()),
            ("choices".to_owned(), json!(LABELS)),
            ("gold".to_owned(), labels[shot].into()),
            ("context".to_owned(), context.into()),
        ])
    };
    asked.iter().take(questions).map(row).collect()
}

/// Different words of two syllables.
pub(crate) fn words(dice: &mut Dice, count: usize) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut words = Vec::with_capacity(count);
    while words.len() < count {
        let parts = [&ONSETS[..], &VOWELS, &ONSETS[..14], &VOWELS, &CODAS];
        let word = parts.map(|part| dice.pick(part)).concat();
        if known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}
