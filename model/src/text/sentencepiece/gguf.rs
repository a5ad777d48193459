//! Scored pieces as a `.gguf` file holds them. Text becomes the tokens that llama.cpp gives: a space before the first word and after every
//! special token, unless the file says otherwise.

use std::collections::BTreeMap;

use tokenizers::Tokenizer;

use super::model::Model;
use super::piece::{Kind, Piece};
use super::tokenizer;
use crate::checkpoint::gguf::Header;
use crate::error::{Error, Result};
use crate::text::gguf::scores;
use crate::text::special_tokens::SpecialTokens;

/// The tokenizer of these `tokens`, each with what it is for.
///
/// # Errors
/// Scores that are missing; pieces that make no tokenizer.
pub(in crate::text) fn of_gguf(
    header: &Header,
    tokens: &[&str],
    uses: &[u64],
    special: &SpecialTokens,
) -> Result<Tokenizer> {
    let scores = scores(header, "tokenizer.ggml.scores", tokens.len())?;
    let piece = |((text, &kind), score): ((&&str, &u64), f32)| Piece {
        text: (*text).to_owned(),
        score,
        kind: match kind {
            2 => Kind::Unknown,
            3 => Kind::Control,
            4 => Kind::UserDefined,
            5 => Kind::Unused,
            6 => Kind::Byte,
            _ => Kind::Normal,
        },
    };
    let id = |key: &str| Ok::<_, Error>(header.whole(key)?.map(|id| id as usize));
    let model = Model {
        pieces: tokens.iter().zip(uses).zip(scores).map(piece).collect(),
        kind: Ok(()),
        byte_fallback: true,
        unknown: id("tokenizer.ggml.unknown_token_id")?.or(Some(0)),
        bos: id("tokenizer.ggml.bos_token_id")?,
        eos: id("tokenizer.ggml.eos_token_id")?,
        replacements: Vec::new(),
        dummy_prefix: header.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
        remove_extra_spaces: header.flag("tokenizer.ggml.remove_extra_whitespaces")?.unwrap_or(false),
        escape_spaces: true,
        space_behind: false,
    };
    let wrong =
        |problem: String, mend: &str| Error::Tokenizer { file: header.file.clone(), problem, mend: mend.to_owned() };
    tokenizer(model, special, &BTreeMap::new(), &wrong)
}
