//! Reviews with a sentiment: shots whose labels are swapped, and shots that all have the same answer.

use serde_json::json;

use super::reviews::Reviews;
use super::seeded::Dice;
use crate::item::Row;

const CHOICES: [&str; 2] = ["negative", "positive"];

/// What the shots' labels say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    /// What they mean.
    Honest,
    /// The opposite.
    Swapped,
}

/// 3,200 questions: 1,600 contexts of eight shots, four of each sentiment, asked about a good and a bad review.
///
/// The right answer follows the shots: with swapped labels a good review is "negative". Both twins of one row have the
/// same reviews. Words of judgement and things are never repeated within a prompt, so copying a line does not help.
pub(super) fn contrasts(labels: Labels) -> Vec<Row> {
    (0..1600).flat_map(|context| contrast(context, labels)).collect()
}

fn contrast(context: usize, labels: Labels) -> Vec<Row> {
    let mut dice = Dice::new("flipped", context);
    let mut kinds = [true, false, true, false, true, false, true, false];
    dice.shuffle(&mut kinds);
    let reviews = Reviews::draw(&mut dice, 10);
    let label = |good: bool| usize::from(good != (labels == Labels::Swapped));
    let shots: String = kinds
        .iter()
        .enumerate()
        .map(|(shot, &good)| answered(&reviews.text(shot, good), CHOICES[label(good)]))
        .collect();
    // The last two reviews share nothing with the shots.
    [true, false]
        .into_iter()
        .enumerate()
        .map(|(last, good)| {
            let asked = question(&reviews.text(kinds.len() + last, good));
            row(format!("{shots}{asked}"), label(good), context)
        })
        .collect()
}

/// 3,200 questions, each after four shots that are all good and all "positive", or all bad and all "negative"; the
/// review asked about is of the other kind.
pub(super) fn repeated() -> Vec<Row> {
    let question_of = |context| {
        let mut dice = Dice::new("repeated", context);
        let good = dice.below(2) == 1;
        let reviews = Reviews::draw(&mut dice, 5);
        let answer = CHOICES[usize::from(good)];
        let shots: String = (0..4).map(|shot| answered(&reviews.text(shot, good), answer)).collect();
        row(format!("{shots}{}", question(&reviews.text(4, !good))), usize::from(!good), context)
    };
    (0..3200).map(question_of).collect()
}

fn question(review: &str) -> String {
    format!("Review: {review}\nSentiment:")
}

fn answered(review: &str, answer: &str) -> String {
    format!("{} {answer}\n\n", question(review))
}

fn row(prompt: String, gold: usize, context: usize) -> Row {
    Row::from_iter([
        ("prompt".to_owned(), prompt.into()),
        ("choices".to_owned(), json!(CHOICES)),
        ("gold".to_owned(), gold.into()),
        ("context".to_owned(), context.into()),
    ])
}
