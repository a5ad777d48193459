//! What is said of a part of a run is said as such: curves that a sweep still adds to.

use super::sentences::Sentence;
use crate::run::{Run, Subject};

/// How a sentence begins whose curves are not whole yet.
const SO_FAR: &str = "So far: ";

/// The sentence; where one of its curves waits for checkpoints, it says that it holds so far.
pub(super) fn marked(run: &Run, mut sentence: Sentence) -> Sentence {
    let waits = |subject: &Subject| run.lacks(subject, sentence.branch.as_deref()) > 0;
    let of_the_run = sentence.subjects.is_empty() && run.under_way.is_some();
    if of_the_run || sentence.subjects.iter().any(waits) {
        sentence.text.insert_str(0, SO_FAR);
    }
    sentence
}
