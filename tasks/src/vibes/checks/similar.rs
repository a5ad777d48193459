//! Nearness to a reference text.

use super::Finding;
use super::text_match::{exact, excerpt};

/// Longer replies are compared by so many characters: the edit distance takes the product of both lengths.
const LONGEST: usize = 20_000;

fn start(text: &str) -> String {
    exact(text).trim().chars().take(LONGEST).collect()
}

pub(super) fn similar(said: &str, value: &str) -> Finding {
    let score = strsim::normalized_levenshtein(&start(said), &start(value));
    Finding::scored(score, format!("similar to {}", excerpt(value)), format!("{score:.2} for {}", excerpt(said)))
}

pub(super) fn levenshtein(said: &str, value: &str) -> Finding {
    let (said, value) = (start(said), start(value));
    let distance = strsim::levenshtein(&said, &value) as f64;
    let longer = said.chars().count().max(value.chars().count()).max(1) as f64;
    Finding {
        measure: distance,
        score: 1.0 - distance / longer,
        expected: format!("few edits away from {}", excerpt(&value)),
        actual: format!("{distance} edits: {}", excerpt(&said)),
    }
}
