//! Token ids to text one at a time: what is shown never has to be taken back.

use super::tokenizer::Tokenizer;
use crate::error::Result;

/// Tokens whose text may stay unsettled before older ones are let go: far more than the longest UTF-8 sequence has bytes.
const LONGEST_UNSETTLED: usize = 32;
/// What is kept of them.
const KEPT: usize = 8;

/// Decodes one token at a time. The pieces, joined, are the text of all tokens.
///
/// A token's text depends on those before it (a leading space) and after it (bytes of one character), so a window of the
/// last tokens is decoded together, and text is given out only once no later token can change it. Tokens of single bytes are
/// joined here: in a run that is not UTF-8 as a whole, what is valid is kept, where [`Tokenizer::decode`] gives it up.
#[derive(Debug)]
pub struct DecodeStream<'a> {
    tokenizer: &'a Tokenizer,
    bytes: Vec<u8>, // of a character that is not complete
    window: Vec<u32>,
    settled: usize, // tokens of the window whose text was given out
    shown: usize,   // bytes of the window's text that were given out
}

impl<'a> DecodeStream<'a> {
    pub(crate) fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, bytes: Vec::new(), window: Vec::new(), settled: 0, shown: 0 }
    }

    /// Takes a token and gives the text that is certain now; empty while a character is incomplete.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn push(&mut self, id: u32) -> Result<String> {
        if let Some(byte) = self.tokenizer.byte(id) {
            let before = self.rest()?;
            self.bytes.push(byte);
            self.begin(id)?;
            return Ok(before + &take_valid(&mut self.bytes));
        }
        let broken = "\u{FFFD}".repeat(std::mem::take(&mut self.bytes).len());
        self.window.push(id);
        let text = self.tokenizer.decode(&self.window)?;
        let certain = without_open_end(&text);
        let piece = text.get(self.shown..certain).unwrap_or_default();
        if certain == text.len() && !piece.is_empty() {
            self.window.drain(..self.settled);
            self.settled = self.window.len();
            self.shown = self.tokenizer.decode(&self.window)?.len();
        } else if self.window.len() - self.settled > LONGEST_UNSETTLED {
            self.window.drain(..self.window.len() - KEPT);
            self.settled = 0;
            self.shown = without_open_end(&self.tokenizer.decode(&self.window)?);
        } else {
            self.shown = self.shown.max(certain);
        }
        Ok(broken + piece)
    }

    /// The text that was held back, now that no token follows; the stream begins anew.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn finish(&mut self) -> Result<String> {
        let broken = "\u{FFFD}".repeat(self.bytes.len());
        let rest = self.rest()?;
        *self = Self::new(self.tokenizer);
        Ok(broken + &rest)
    }

    /// Text of the window that was not given out.
    fn rest(&self) -> Result<String> {
        let text = self.tokenizer.decode(&self.window)?;
        Ok(text.get(self.shown..).unwrap_or_default().to_owned())
    }

    /// Makes a window of one token whose text is given out.
    fn begin(&mut self, id: u32) -> Result<()> {
        self.window = vec![id];
        self.settled = 1;
        self.shown = self.tokenizer.decode(&self.window)?.len();
        Ok(())
    }
}

/// Bytes of a text without the last character, if that stands for one that may not be complete.
fn without_open_end(text: &str) -> usize {
    text.strip_suffix(char::REPLACEMENT_CHARACTER).unwrap_or(text).len()
}

/// Takes what is certain: valid UTF-8, and U+FFFD for each byte that cannot become any.
fn take_valid(bytes: &mut Vec<u8>) -> String {
    let mut text = String::new();
    loop {
        let (valid, broken) = match std::str::from_utf8(bytes) {
            Ok(_) => (bytes.len(), Some(0)),
            Err(error) => (error.valid_up_to(), error.error_len()),
        };
        text.push_str(&String::from_utf8_lossy(&bytes[..valid]));
        bytes.drain(..valid + broken.unwrap_or(0));
        match broken {
            Some(0) | None => return text,
            Some(count) => text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, count)),
        }
    }
}
