//! Reviews that are made up: things, and what is said of them.

use super::seeded::Dice;

const THINGS: [&str; 24] = [
    "film",
    "meal",
    "hotel",
    "book",
    "concert",
    "service",
    "trip",
    "coffee",
    "game",
    "lecture",
    "bread",
    "museum",
    "song",
    "garden",
    "party",
    "train ride",
    "play",
    "soup",
    "beach",
    "phone",
    "jacket",
    "cake",
    "painting",
    "story",
];

const GOOD: [&str; 16] = [
    "wonderful",
    "excellent",
    "delightful",
    "brilliant",
    "great",
    "superb",
    "fantastic",
    "charming",
    "perfect",
    "lovely",
    "terrific",
    "impressive",
    "outstanding",
    "amazing",
    "beautiful",
    "marvellous",
];

const BAD: [&str; 16] = [
    "terrible",
    "awful",
    "dreadful",
    "horrible",
    "boring",
    "disappointing",
    "poor",
    "miserable",
    "dull",
    "bad",
    "unpleasant",
    "disgusting",
    "annoying",
    "ghastly",
    "useless",
    "lousy",
];

const OPENINGS: [&str; 5] = ["The", "I thought the", "To me the", "All of us agreed that the", "In the end the"];

/// The words of one prompt's reviews, each used once.
pub(super) struct Reviews {
    openings: Vec<&'static str>,
    things: Vec<&'static str>,
    good: Vec<&'static str>,
    bad: Vec<&'static str>,
}

impl Reviews {
    pub(super) fn draw(dice: &mut Dice, count: usize) -> Self {
        let openings = (0..count).map(|_| dice.pick(&OPENINGS)).collect();
        let things = dice.sample(&THINGS, count);
        Self { openings, things, good: dice.sample(&GOOD, count), bad: dice.sample(&BAD, count) }
    }

    pub(super) fn text(&self, index: usize, good: bool) -> String {
        let word = if good { self.good[index] } else { self.bad[index] };
        format!("{} {} was {word}.", self.openings[index], self.things[index])
    }
}
