//! Looking for n-grams in a text.

use super::index::{Findings, Index, Place, place};
use super::normalise::{Words, words};
use super::window::Window;

/// The search through one source, document by document.
#[derive(Debug)]
pub(super) struct Search<'i> {
    index: &'i Index,
    place: Place,
    words: Words,
    window: Window,
    findings: Findings,
}

impl Search<'_> {
    /// A document begins.
    pub(super) fn begin(&mut self) {
        self.place.document += 1;
        self.findings.documents += 1;
        self.window.count = 0;
        self.window.sums[0] = 0;
    }

    /// A document in pieces that each end with a word.
    pub(super) fn document(&mut self, texts: &[String]) {
        self.begin();
        for text in texts {
            self.push(text);
            self.end();
        }
    }

    /// A line without a document.
    pub(super) fn skip(&mut self) {
        self.place.document += 1;
    }

    /// More of the document's text; it may break off inside a word.
    pub(super) fn push(&mut self, piece: &str) {
        let Self { index, place, words, window, findings } = self;
        words.push(piece, &mut |word| window.word(word, index, place, findings));
    }

    /// The word at hand ends, as at the end of the document.
    pub(super) fn end(&mut self) {
        let Self { index, place, words, window, findings } = self;
        words.end(&mut |word| window.word(word, index, place, findings));
    }

    /// All that was found.
    pub(super) fn findings(self) -> Findings {
        self.findings
    }
}
