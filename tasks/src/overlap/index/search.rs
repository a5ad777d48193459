//! Looking for n-grams in a text.

use super::super::normalise::Words;
use super::window::Window;
use super::{Findings, Index, Place};

/// The search through one source, document by document.
#[derive(Debug)]
pub(in crate::overlap) struct Search<'i> {
    pub(super) index: &'i Index,
    pub(super) place: Place,
    pub(super) words: Words,
    pub(super) window: Window,
    pub(super) findings: Findings,
}

impl Search<'_> {
    /// A document begins.
    pub(in crate::overlap) fn begin(&mut self) {
        self.place.document += 1;
        self.findings.documents += 1;
        self.window.count = 0;
        self.window.sums[0] = 0;
    }

    /// A document in pieces that each end with a word.
    pub(in crate::overlap) fn document(&mut self, texts: &[String]) {
        self.begin();
        for text in texts {
            self.push(text);
            self.end();
        }
    }

    /// A line without a document.
    pub(in crate::overlap) fn skip(&mut self) {
        self.place.document += 1;
    }

    /// More of the document's text; it may break off inside a word.
    pub(in crate::overlap) fn push(&mut self, piece: &str) {
        let Self { index, place, words, window, findings } = self;
        words.push(piece, &mut |word| window.word(word, index, place, findings));
    }

    /// The word at hand ends, as at the end of the document.
    pub(in crate::overlap) fn end(&mut self) {
        let Self { index, place, words, window, findings } = self;
        words.end(&mut |word| window.word(word, index, place, findings));
    }

    /// All that was found.
    pub(in crate::overlap) fn findings(self) -> Findings {
        self.findings
    }
}
