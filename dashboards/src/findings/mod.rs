//! What a run shows, in words: the front page's sentences, notes, and two checkpoints beside each other.

mod alike;
mod branch_pairs;
mod compare;
mod compare_composite;
mod compare_scores;
mod compare_words;
mod gain_words;
mod growth_words;
mod how_sure;
mod log_notes;
mod notes;
mod onset_sentences;
mod sentences;
mod so_far;
#[cfg(test)]
mod tests;
mod waiting;
mod whole;

pub(crate) use alike::alike;
pub use branch_pairs::{BranchPair, branch_pairs};
pub(crate) use branch_pairs::{UnitsAt, meeting, units_at};
pub use compare::{ComparedTask, Comparison, compare};
pub use compare_words::{CLEAR, ComparedWords};
pub use sentences::{Number, Sentence, SentenceKind, about, phase_words};
pub use whole::{Findings, findings};
