//! Tokens that the files beside `tokenizer.model` add to its pieces, or call otherwise.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::text::special_tokens::object;

/// A token beside the pieces.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "the keys of tokenizer.json")]
pub(super) struct Added {
    pub(super) content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
    special: bool,
}

impl Added {
    /// A token of the model that no text is made of.
    pub(super) fn special(content: &str) -> Self {
        Self { content: content.into(), special: true, ..Self::default() }
    }

    /// As it stands in `tokenizer.json`.
    pub(super) fn json(&self, id: usize) -> Value {
        json!({"id": id, "content": self.content, "single_word": self.single_word, "lstrip": self.lstrip, "rstrip": self.rstrip,
               "normalized": self.normalized, "special": self.special})
    }

    /// Those in `dir` by id: of `added_tokens_decoder` in `tokenizer_config.json`, and of `added_tokens.json`.
    ///
    /// # Errors
    /// One that is no token with its id.
    pub(super) fn read(dir: &Path) -> Result<BTreeMap<usize, Self>> {
        let mut tokens = BTreeMap::new();
        let file = dir.join("added_tokens.json");
        for (content, id) in object(&file)?.unwrap_or_default() {
            let wrong = || not_a_token(&file, &content);
            let id = id.as_u64().and_then(|id| usize::try_from(id).ok()).ok_or_else(wrong)?;
            tokens.insert(id, Self { content, normalized: true, ..Self::default() });
        }
        let file = dir.join("tokenizer_config.json");
        let config = object(&file)?.unwrap_or_default();
        for (id, token) in config.get("added_tokens_decoder").and_then(Value::as_object).into_iter().flatten() {
            let wrong = || not_a_token(&file, id);
            let token = Self::deserialize(token).ok().filter(|token| !token.content.is_empty()).ok_or_else(wrong)?;
            tokens.insert(id.parse().map_err(|_| wrong())?, token);
        }
        Ok(tokens)
    }
}

fn not_a_token(file: &Path, key: &str) -> Error {
    Error::Config { file: file.to_owned(), key: key.into(), problem: "is no added token with its id".into() }
}
