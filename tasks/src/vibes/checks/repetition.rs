//! The base model's usual disease: saying the same again and again.

use std::collections::HashSet;

use super::Finding;
use crate::vibes::words::words;

/// Where pieces between white space are longer than this on average, the script has no spaces or the text is one run.
const LONG_WORD: usize = 20;

/// Share of the runs of `n` words that occurred before: 1 − distinct / all; 0 for a text shorter than `n` words.
///
/// Case and outer punctuation do not count. In scripts without spaces characters are counted, three to a word.
pub(super) fn share(text: &str, n: usize) -> f64 {
    let lower = text.to_lowercase();
    let words: Vec<&str> = words(&lower).collect();
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    if letters > words.len() * LONG_WORD {
        let letters: Vec<char> = lower.chars().filter(|c| !c.is_whitespace()).collect();
        return repeats(&letters, n.saturating_mul(3));
    }
    repeats(&words, n)
}

fn repeats<T: std::hash::Hash + Eq>(units: &[T], n: usize) -> f64 {
    let all = units.len().saturating_sub(n - 1);
    if all == 0 {
        return 0.0;
    }
    let distinct = units.windows(n).collect::<HashSet<_>>().len();
    1.0 - distinct as f64 / all as f64
}

pub(super) fn repeated(said: &str, n: usize) -> Finding {
    let share = share(said, n);
    Finding {
        measure: share,
        score: 1.0 - share,
        expected: format!("few runs of {n} words occur twice"),
        actual: format!("{:.0} % of them are repeats", 100.0 * share),
    }
}
