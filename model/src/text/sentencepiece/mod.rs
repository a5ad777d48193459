//! A tokenizer from `tokenizer.model`, the file of a `SentencePiece` model, where no `tokenizer.json` lies beside it.
//!
//! Text becomes the tokens that `SentencePieceProcessor.encode` gives, by the model's own settings, but that special tokens written out in
//! a text are read as such, as transformers reads them. transformers' Llama class puts the space before the first word otherwise, and so
//! do we where `tokenizer_config.json` names that class. What else that class overlooks (the model's normaliser, pieces for unknown
//! characters, a missing space before the first word) we keep: the checkpoint was trained with it.

mod added;
mod gguf;
mod model;
mod piece;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tokenizers::Tokenizer;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{NormalizerWrapper, Precompiled, Replace, Sequence};

use self::added::Added;
pub(super) use self::gguf::of_gguf;
use self::model::Model;
use self::piece::{Kind, Piece};
use super::special_tokens::SpecialTokens;
use crate::error::{Error, Result};

/// What stands for a space in a piece.
const SPACE: &str = "▁";
const AGAIN: &str = "copy the file again from where it came";
const CONVERT: &str =
    "save it as tokenizer.json with transformers: `AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`";

/// Reads `file`; what it says of BOS and EOS is added to `special` where nothing else says it.
///
/// # Errors
/// It is damaged, or a model of a kind whose pieces are not merged: that is named.
pub(super) fn open(file: &Path, special: &mut SpecialTokens) -> Result<Tokenizer> {
    let wrong = |problem: String, mend: &str| Error::Tokenizer { file: file.to_owned(), problem, mend: mend.into() };
    let bytes = fs_err::read(file).map_err(Error::io(file))?;
    let model = Model::read(&bytes).map_err(|problem| wrong(format!("is no SentencePiece model: {problem}"), AGAIN))?;
    if let Err(kind) = model.kind {
        return Err(wrong(format!("is a SentencePiece model of the kind {kind}; BPE alone is read"), CONVERT));
    }
    if model.space_behind || !model.escape_spaces {
        return Err(wrong("writes spaces in a way that is not read".into(), CONVERT));
    }
    for (key, id) in [("bos_token", model.bos), ("eos_token", model.eos)] {
        if let Some(text) = model.text(id) {
            special.texts.entry(key.into()).or_insert_with(|| text.to_owned());
        }
    }
    let beside = Added::read(file.parent().unwrap_or(Path::new("")))?;
    tokenizer(model, special, &beside, &wrong)
}

/// The tokenizer of a model, and what the files beside it add; what is wrong is told by `wrong`: the problem and the mend.
fn tokenizer(
    mut model: Model,
    special: &SpecialTokens,
    beside: &BTreeMap<usize, Added>,
    wrong: &dyn Fn(String, &str) -> Error,
) -> Result<Tokenizer> {
    let added = added_tokens(&mut model, beside).map_err(|problem| wrong(problem, CONVERT))?;
    let json = tokenizer_json(&model, special, &added);
    let refused = |error: tokenizers::Error| wrong(format!("is no tokenizer: {error}"), AGAIN);
    let mut tokenizer = Tokenizer::from_bytes(json.to_string()).map_err(refused)?;
    let steps = normalizers(&model, special).map_err(refused)?;
    if !steps.is_empty() {
        tokenizer.with_normalizer(Some(Sequence::new(steps))).map_err(refused)?;
    }
    Ok(tokenizer)
}

/// The special tokens, as they stand in `tokenizer.json`: those of the model, and what the files beside it add after its last piece or call
/// otherwise.
fn added_tokens(model: &mut Model, beside: &BTreeMap<usize, Added>) -> Result<Vec<Value>, String> {
    let pieces = model.pieces.len();
    for (&id, token) in beside.range(..pieces) {
        model.pieces[id].text.clone_from(&token.content);
    }
    let own = model.pieces.iter().enumerate().filter(|(_, piece)| matches!(piece.kind, Kind::Unknown | Kind::Control));
    let mut added: Vec<Value> = own.map(|(id, piece)| Added::special(&piece.text).json(id)).collect();
    for (place, (&id, token)) in beside.range(pieces..).enumerate() {
        if id != pieces + place {
            return Err(format!("has {pieces} pieces, and the files beside it add `{}` as token {id}", token.content));
        }
        added.push(token.json(id));
    }
    Ok(added)
}

fn tokenizer_json(model: &Model, special: &SpecialTokens, added: &[Value]) -> Value {
    let taken_whole = |piece: &&Piece| piece.kind == Kind::UserDefined && !piece.text.is_empty();
    let mut whole: Vec<&str> = model.pieces.iter().filter(taken_whole).map(|piece| piece.text.as_str()).collect();
    whole.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let mut before = Vec::new();
    if model.dummy_prefix {
        let scheme = if special.prefix_space_once { "first" } else { "always" };
        before.push(json!({"type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": false}));
    }
    if !whole.is_empty() {
        let pattern = whole.iter().map(|text| escaped(text)).collect::<Vec<_>>().join("|");
        before.push(json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false}));
    }
    let mut decoders = vec![json!({"type": "Replace", "pattern": {"String": SPACE}, "content": " "})];
    if model.byte_fallback {
        decoders.push(json!({"type": "ByteFallback"}));
    }
    decoders.push(json!({"type": "Fuse"}));
    if model.dummy_prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let vocab: serde_json::Map<String, Value> =
        model.pieces.iter().enumerate().map(|(id, piece)| (piece.text.clone(), id.into())).collect();
    json!({
        "version": "1.0",
        "added_tokens": added,
        "pre_tokenizer": if before.is_empty() { Value::Null } else { json!({"type": "Sequence", "pretokenizers": before}) },
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {"type": "BPE", "vocab": vocab, "merges": model.merges(), "unk_token": model.text(model.unknown), "fuse_unk": true,
                  "byte_fallback": model.byte_fallback, "ignore_merges": !whole.is_empty()},
    })
}

/// What happens to a text before it is cut, in `SentencePiece`'s order.
fn normalizers(model: &Model, special: &SpecialTokens) -> Result<Vec<NormalizerWrapper>, tokenizers::Error> {
    let mut steps: Vec<NormalizerWrapper> = Vec::new();
    let replace = |pattern: ReplacePattern, by: &str| -> Result<NormalizerWrapper, tokenizers::Error> {
        Ok(Replace::new(pattern, by)?.into())
    };
    let regex = |pattern: &str| ReplacePattern::Regex(pattern.into());
    if !model.replacements.is_empty() {
        steps.push(Precompiled::from(&model.replacements).map_err(|error| error.to_string())?.into());
    }
    if model.remove_extra_spaces {
        steps.push(replace(regex(r"\A +| +\z"), "")?);
        steps.push(replace(regex(" {2,}"), " ")?);
    }
    steps.push(replace(ReplacePattern::String(" ".into()), SPACE)?);
    if model.dummy_prefix && !special.llama {
        // the pre-tokenizer puts none where one is there already, SentencePiece does
        steps.push(replace(regex(&format!(r"\A{SPACE}")), &format!("{SPACE}{SPACE}"))?);
    }
    Ok(steps)
}

/// A text as a regular expression that is found where the text is.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if c.is_ascii_punctuation() && c != '<' && c != '>' {
            pattern.push('\\'); // `\<` and `\>` are edges of words
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    #[test]
    fn what_is_not_read_is_named_with_the_mend() {
        let piece = field(1, &field(1, b"a"));
        let trainer = |fields: &[u8]| [piece.clone(), field(2, fields)].concat();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tokenizer.model");
        for (bytes, said) in [
            (piece.clone(), "of the kind Unigram"), // the default
            (trainer(&[24, 1]), "of the kind Unigram"),
            (trainer(&[24, 3]), "of the kind Word"),
            (trainer(&[24, 4]), "of the kind Char"),
            (trainer(&[24, 9]), "9, is unknown"),
            (trainer(&[24, 2, 0xc0, 1, 1]), "writes spaces in a way"),
            ([trainer(&[24, 2]), field(3, &[40, 0])].concat(), "writes spaces in a way"),
            ([trainer(&[24, 2]), field(3, &field(2, b"xy"))].concat(), "is no tokenizer"),
            (field(1, &field(1, b"\xff")), "no UTF-8"),
            (field(1, &[24, 7]), "unknown kind 7"),
            (trainer(&[24, 2])[..6].to_vec(), "ends in the middle"),
            (Vec::new(), "holds no pieces"),
            (b"version https://git-lfs.github.com/spec/v1\n".to_vec(), "is no SentencePiece model"),
        ] {
            fs_err::write(&file, &bytes).unwrap();
            let error = open(&file, &mut SpecialTokens::default()).unwrap_err();
            assert!(error.to_string().contains(said), "{said}: {error}");
            assert!(error.to_string().contains("tokenizer.model"), "{error}");
        }
    }
}
