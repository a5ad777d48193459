//! Token ids to text one at a time: what is shown never has to be taken back.

use crate::error::Result;
use crate::tokenizer::Tokenizer;

/// Tokens whose text may stay unsettled before older ones are let go: far more than the longest UTF-8 sequence has bytes.
const LONGEST_UNSETTLED: usize = 32;
/// What is kept of them.
const KEPT: usize = 8;

/// Decodes one token at a time. The pieces, joined, are the text of all tokens.
///
/// A token's text depends on those before it (a leading space) and after it (bytes of one character), so a window of the
/// last tokens is decoded together, and text is given out only once no later token can change it.
#[derive(Debug)]
pub struct DecodeStream<'a> {
    tokenizer: &'a Tokenizer,
    window: Vec<u32>,
    settled: usize, // tokens of the window whose text was given out
    shown: usize,   // bytes of the window's text that were given out
}

impl<'a> DecodeStream<'a> {
    pub(crate) fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, window: Vec::new(), settled: 0, shown: 0 }
    }

    /// Takes a token and gives the text that is certain now; empty while a character is incomplete.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn push(&mut self, id: u32) -> Result<String> {
        self.window.push(id);
        // a run of single bytes is decoded as one, and only its end says whether it is text at all
        if self.tokenizer.token_text(id).is_some_and(|text| is_byte(&text)) {
            return Ok(String::new());
        }
        let text = self.tokenizer.decode(&self.window)?;
        let certain = text.strip_suffix(char::REPLACEMENT_CHARACTER).unwrap_or(&text).len();
        let piece = text.get(self.shown..certain).unwrap_or_default().to_owned();
        self.shown = self.shown.max(certain);
        if certain == text.len() && !piece.is_empty() {
            self.window.drain(..self.settled);
            self.settled = self.window.len();
            self.shown = self.tokenizer.decode(&self.window)?.len();
        } else if self.window.len() - self.settled > LONGEST_UNSETTLED {
            self.window.drain(..self.window.len() - KEPT);
            self.settled = 0;
            let text = self.tokenizer.decode(&self.window)?;
            self.shown = text.strip_suffix(char::REPLACEMENT_CHARACTER).unwrap_or(&text).len();
        }
        Ok(piece)
    }

    /// The text that was held back, now that no token follows.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn finish(self) -> Result<String> {
        let text = self.tokenizer.decode(&self.window)?;
        Ok(text.get(self.shown..).unwrap_or_default().to_owned())
    }
}

/// Whether a vocabulary entry is one byte, spelt `<0x0A>`.
fn is_byte(text: &str) -> bool {
    let digits = text.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    digits.is_some_and(|digits| digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}
