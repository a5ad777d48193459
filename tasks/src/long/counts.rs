//! Lists of words of which some are more frequent. After the common and the frequent words of RULER, block by block, so that the frequencies
//! grow with the text and the right answer is the same at every length.

use std::sync::Arc;

use super::body::Body;
use super::haystack::Haystack;
use super::rows::{Asked, Text};
use super::words::PLAIN;
use crate::icl::{Dice, made_up_words};

const BEFORE: &str = "Below is a list of words. Some of them occur more often than the others.\n\n";
/// Words that are common, and how many others stand beside them in a block.
const COMMON: usize = 10;
const RARE: usize = 20;
/// Blocks of a list of common words at least. A word that stands in every block is as common as those: of so many blocks there is one once
/// in 8,000 lists, of half as many once in eight.
const FEWEST: usize = 8;
/// How often the three most frequent words stand in a block, as of 25 draws from a zeta distribution with exponent 2, which RULER has; four
/// others stand there once.
const FREQUENT: [usize; 3] = [15, 4, 2];
const TAIL: usize = 4;
/// Made-up words that the others are drawn from.
const MADE_UP: usize = 60;

/// Text number `number` of the common words.
pub(super) fn common(number: usize) -> Text {
    let mut dice = Dice::new("common", number);
    let mut words: Vec<String> = dice.sample(&PLAIN, PLAIN.len()).into_iter().map(str::to_owned).collect();
    let others = words.split_off(COMMON);
    let asked = Asked {
        question: format!(
            "\n\nQuestion: Which {COMMON} words are the most common in the list?\nAnswer: The {COMMON} most common words are"
        ),
        right: words[0].clone(),
        wrong: others[..3].to_vec(),
        answers: words.clone(),
        depth: None,
    };
    of(format!("common_{number}"), (words, others), (RARE, FEWEST), asked)
}

/// Text number `number` of the frequent words.
pub(super) fn frequent(number: usize) -> Text {
    let mut dice = Dice::new("frequent", number);
    let mut words = made_up_words(&mut dice, FREQUENT.len() + MADE_UP);
    let others = words.split_off(FREQUENT.len());
    let asked = Asked {
        question: "\n\nQuestion: Which three words are the most frequent in the list, the most frequent one first?\nAnswer: The most \
                   frequent words are"
            .into(),
        right: words.join(", "),
        wrong: others.chunks(FREQUENT.len()).take(3).map(|words| words.join(", ")).collect(),
        answers: words.clone(),
        depth: None,
    };
    let often = words.iter().zip(FREQUENT).flat_map(|(word, times)| vec![word.clone(); times]).collect();
    // The third word stands twice in each block, any other at most once: one block is enough.
    of(format!("frequent_{number}"), (often, others), (TAIL, 1), asked)
}

fn of(name: String, (often, others): (Vec<String>, Vec<String>), (rare, fewest): (usize, usize), asked: Asked) -> Text {
    let body = Arc::new(Body::Words { name, often, others, rare, fewest });
    Text { haystack: Haystack { before: BEFORE, body, needles: Vec::new() }, asked: vec![asked] }
}
