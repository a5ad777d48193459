//! What a run shows, in words: the front page's sentences, notes, and two checkpoints beside each other.

mod compare;
mod gain_words;
mod growth_words;
mod log_notes;
mod notes;
mod onset_sentences;
mod sentences;
mod so_far;
#[cfg(test)]
mod tests;
mod waiting;
mod whole;

pub use compare::{ComparedTask, Comparison, compare};
pub use sentences::{Number, Sentence, SentenceKind, about, phase_words};
pub use whole::{Findings, findings};
