//! The text of an answer while it grows: stop strings are cut out, and nothing is shown that may have to be taken back.

use crate::error::Result;
use crate::text::{DecodeStream, Tokenizer};

/// An answer's text so far.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    stream: DecodeStream<'a>,
    stop: &'a [String],
    text: String,
    given: usize, // bytes of the text that were given out
    stopped: bool,
}

/// What a token added.
pub(crate) struct Added {
    /// Text that no later token can change.
    pub(crate) text: String,
    /// Whether a stop string is complete; it and what follows is cut off.
    pub(crate) stopped: bool,
}

impl<'a> Reply<'a> {
    pub(crate) fn new(tokenizer: &'a Tokenizer, stop: &'a [String]) -> Self {
        Self { stream: tokenizer.decode_stream(), stop, text: String::new(), given: 0, stopped: false }
    }

    pub(crate) fn push(&mut self, id: u32) -> Result<Added> {
        let piece = self.stream.push(id)?;
        Ok(self.add(&piece, false))
    }

    /// The end: what was held back.
    pub(crate) fn finish(&mut self) -> Result<Added> {
        let piece = if self.stopped { String::new() } else { self.stream.finish()? };
        Ok(self.add(&piece, true))
    }

    /// The whole text.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn add(&mut self, piece: &str, last: bool) -> Added {
        let longest = self.stop.iter().map(String::len).max().unwrap_or(0);
        let from = self.text.floor_char_boundary((self.text.len() + 1).saturating_sub(longest).max(self.given));
        self.text.push_str(piece);
        let found = self.stop.iter().filter_map(|stop| self.text[from..].find(stop.as_str())).min();
        if let Some(at) = found {
            self.text.truncate(from + at);
            self.stopped = true;
        }
        let held = if self.stopped || last { 0 } else { self.held() };
        let text = self.text[self.given..self.text.len() - held].to_owned();
        self.given += text.len();
        Added { text, stopped: self.stopped }
    }

    /// Bytes at the end of the text that may be the beginning of a stop string.
    fn held(&self) -> usize {
        let ends = |stop: &String| {
            let beginnings = stop.char_indices().map(|(end, _)| end).rev();
            beginnings.filter(|&end| self.text.ends_with(&stop[..end])).max().unwrap_or(0)
        };
        self.stop.iter().map(ends).max().unwrap_or(0)
    }
}
