//! A long text that several continuations follow, encoded once.

use super::tokenizer::{EncodedPair, Tokenizer, is_python_space};
use crate::error::Result;

/// Texts of fewer bytes are encoded whole with each continuation.
const LONG: usize = 1 << 14;
/// The last bytes of a long text, which are encoded again with each continuation.
const TAIL: usize = 1 << 10;

/// Encodes texts, and remembers the last long one: [`Tokenizer::encode_pair`] and [`Tokenizer::encode_prompt`] give the same tokens.
///
/// Of a long text only the last words are encoded with each continuation, from a place between two words on where the tokenizer splits the
/// text anyway: the tokens of the last words by themselves are the last tokens of the whole. Where they are not, all is encoded each time.
#[derive(Debug)]
pub struct Continued<'t> {
    tokenizer: &'t Tokenizer,
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    text: String,
    ids: Vec<u32>,
    /// Bytes and tokens before the last words, where they stand by themselves.
    before: Option<(usize, usize)>,
}

impl<'t> Continued<'t> {
    /// No text is known yet.
    pub fn new(tokenizer: &'t Tokenizer) -> Self {
        Self { tokenizer, known: None }
    }

    /// As [`Tokenizer::encode_prompt`].
    ///
    /// # Errors
    /// As there.
    pub fn prompt(&mut self, text: &str) -> Result<Vec<u32>> {
        if text.len() < LONG {
            return self.tokenizer.encode_prompt(text);
        }
        Ok(self.known(text)?.ids.clone())
    }

    /// As [`Tokenizer::encode_pair`].
    ///
    /// # Errors
    /// As there.
    pub fn pair(&mut self, context: &str, continuation: &str) -> Result<EncodedPair> {
        let tokenizer = self.tokenizer;
        if context.len() < LONG || context.ends_with(is_python_space) {
            return tokenizer.encode_pair(context, continuation);
        }
        let known = self.known(context)?;
        let Some((bytes, tokens)) = known.before else { return tokenizer.encode_pair(context, continuation) };
        let last = tokenizer.encode_plain(&format!("{}{continuation}", &context[bytes..]))?;
        let alone = &known.ids[tokens..];
        if last.len() <= alone.len() {
            return tokenizer.encode_pair(context, continuation); // which tells that nothing is left to score
        }
        let (head, tail) = last.split_at(alone.len());
        Ok(EncodedPair { context: known.ids.clone(), continuation: tail.to_vec(), on_token_edge: head == alone })
    }

    fn known(&mut self, text: &str) -> Result<&Known> {
        match &mut self.known {
            Some(known) if known.text == text => {}
            known => *known = Some(Known::of(self.tokenizer, text)?),
        }
        Ok(self.known.as_ref().expect("it was just found"))
    }
}

impl Known {
    fn of(tokenizer: &Tokenizer, text: &str) -> Result<Self> {
        let ids = tokenizer.encode_prompt(text)?;
        let from = text.floor_char_boundary(text.len() - TAIL);
        let mut before = None;
        // Where no word ends, nothing tells of a place to begin anew.
        if let Some(at) = text[from..].find(' ') {
            let word = from + at;
            // Some tokenizers take the space for a part of the word, some write one of their own before the first.
            for start in [word, word + 1] {
                let last = tokenizer.encode_plain(&text[start..])?;
                if ids.ends_with(&last) {
                    before = Some((start, ids.len() - last.len()));
                    break;
                }
            }
        }
        Ok(Self { text: text.to_owned(), ids, before })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// BPE of single characters.
    fn of_characters(pre_tokenizer: &Value, characters: &[&str]) -> Tokenizer {
        let vocab: serde_json::Map<String, Value> =
            characters.iter().enumerate().map(|(id, character)| ((*character).to_owned(), id.into())).collect();
        let json = json!({"version": "1.0", "added_tokens": [], "pre_tokenizer": pre_tokenizer,
            "model": {"type": "BPE", "vocab": vocab, "merges": []}});
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(dir.path().join("tokenizer.json"), json.to_string()).unwrap();
        Tokenizer::open(dir.path()).unwrap()
    }

    #[test]
    fn a_long_text_without_spaces_is_encoded_whole() {
        let byte_level =
            json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
        let metaspace = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false});
        let long = "字".repeat(20_000 / 3 + 1);
        for tokenizer in [
            of_characters(&byte_level, &["å", "Ń", "Ĺ", "Ġ", "b"]), // the bytes of 字 as they are spelt
            of_characters(&metaspace, &["▁", "字", "b"]),
        ] {
            let mut texts = Continued::new(&tokenizer);
            for context in [long.clone(), format!("b {long}"), format!("{long} {}", "字".repeat(200))] {
                assert_eq!(texts.prompt(&context).unwrap(), tokenizer.encode_prompt(&context).unwrap());
                for continuation in [" b", "字", "b"] {
                    let wanted = tokenizer.encode_pair(&context, continuation).unwrap();
                    assert_eq!(texts.pair(&context, continuation).unwrap(), wanted);
                }
            }
        }
    }
}
