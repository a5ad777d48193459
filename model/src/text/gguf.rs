//! The tokenizer within a `.gguf` file: GPT-2's kind with the split of its `tokenizer.ggml.pre`, and Llama's of scored pieces.

use std::collections::HashMap;
use std::path::Path;

use candle_core::quantized::gguf_file::Value as Stored;
use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;

use super::merges::flaw;
use super::sentencepiece;
use super::special_tokens::SpecialTokens;
use crate::checkpoint::gguf::{Header, whole};
use crate::error::{Error, Result};

const OTHER: &str = "name a folder that has the model's tokenizer.json: `--tokenizer`, or `tokenizer:` in the run file";
/// What is a token's use, by number.
pub(super) const UNKNOWN: u64 = 2;
pub(super) const CONTROL: u64 = 3;
pub(super) const USER_DEFINED: u64 = 4;

/// Splits of text before pairs are merged. The first alternative that fits is taken.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A way to split text, by its name in the file.
#[expect(clippy::struct_excessive_bools, reason = "each says it of another step")]
struct Split {
    names: &'static [&'static str],
    pattern: &'static str,
    /// Whether digits are parted before.
    digits: bool,
    /// Whether a word of the vocabulary is taken whole.
    whole_words: bool,
    /// Whether text is composed (NFC) before.
    composed: bool,
    /// Whether BOS stands before a text where the file does not say.
    bos: bool,
}

const PLAIN: Split = Split {
    names: &["gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion"],
    pattern: GPT2,
    digits: false,
    whole_words: false,
    composed: false,
    bos: false,
};
const SPLITS: [Split; 5] = [
    PLAIN,
    Split { names: &["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"], digits: true, ..PLAIN },
    Split {
        names: &["llama3", "llama-v3", "llama-bpe", "falcon3", "smaug-bpe"],
        pattern: LLAMA3,
        whole_words: true,
        bos: true,
        ..PLAIN
    },
    Split { names: &["dbrx"], pattern: LLAMA3, ..PLAIN },
    Split { names: &["qwen2", "stablelm2", "deepseek-r1-qwen"], pattern: QWEN2, composed: true, ..PLAIN },
];

/// Most bytes of a token: merges are looked for at each place in it, so that a damaged one would take hours.
const LONGEST: usize = 1 << 14;

/// Reads the tokenizer of `file`, and what the header says of special tokens.
///
/// # Errors
/// There is none; one of another kind or split, which is named; tokens that are no list of texts.
pub(super) fn open(file: &Path) -> Result<(Tokenizer, SpecialTokens)> {
    let header = Header::read(file)?;
    let wrong = |problem: String| Error::Tokenizer { file: file.to_owned(), problem, mend: OTHER.into() };
    let tokens = header.texts("tokenizer.ggml.tokens")?.unwrap_or_default();
    let kind = header.text("tokenizer.ggml.model")?.filter(|kind| !matches!(*kind, "none" | "no_vocab"));
    if tokens.is_empty() || kind.is_none() {
        return Err(wrong("holds no tokenizer".into()));
    }
    if let Some(long) = tokens.iter().position(|token| token.len() > LONGEST) {
        let problem = format!("has {} bytes in token {long}, expected at most {LONGEST}", tokens[long].len());
        return Err(header.wrong("tokenizer.ggml.tokens", &problem));
    }
    let mut places = HashMap::with_capacity(tokens.len());
    // Empty ones fill up a vocabulary: no text is made of them, however many there are.
    let mut named = tokens.iter().enumerate().filter(|(_, token)| !token.is_empty());
    if let Some((id, before)) = named.find_map(|(id, token)| Some((id, places.insert(*token, id)?))) {
        let problem = format!("holds `{}` twice, as token {before} and as token {id}", tokens[id]);
        return Err(header.wrong("tokenizer.ggml.tokens", &problem));
    }
    let uses: Vec<u64> = match header.list("tokenizer.ggml.token_type")? {
        None => vec![1; tokens.len()],
        Some(list) => {
            let of = |(token, kind)| {
                let problem = || format!("says of token {token} what is no whole number from 0 on");
                whole(kind).ok_or_else(|| header.wrong("tokenizer.ggml.token_type", &problem()))
            };
            list.iter().enumerate().map(of).collect::<Result<_>>()?
        }
    };
    if uses.len() != tokens.len() {
        return Err(wrong(format!("has {} tokens, and says the use of {}", tokens.len(), uses.len())));
    }
    if header.flag("tokenizer.ggml.add_eos_token")? == Some(true) {
        return Err(wrong(
            "puts a token at the end of every text (`tokenizer.ggml.add_eos_token`), which is not read".into(),
        ));
    }
    let vocabulary = Vocabulary { header: &header, tokens, uses };
    match kind {
        Some("gpt2") => {
            let name = header.text("tokenizer.ggml.pre")?.unwrap_or("missing");
            let Some(split) = SPLITS.iter().find(|split| split.names.contains(&name)) else {
                let known: Vec<&str> = SPLITS.iter().flat_map(|split| split.names).copied().collect();
                let known = known.join(", ");
                return Err(wrong(format!(
                    "splits text by `tokenizer.ggml.pre` = {name}, which is not known ({known} are)"
                )));
            };
            let special = vocabulary.special(split.bos)?;
            let json = vocabulary.byte_pairs(split)?;
            let inner =
                Tokenizer::from_bytes(json.to_string()).map_err(|error| wrong(format!("is no tokenizer: {error}")))?;
            Ok((inner, special))
        }
        Some("llama") => {
            let special = vocabulary.special(true)?;
            let inner = sentencepiece::of_gguf(&header, &vocabulary.tokens, &vocabulary.uses, &special)?;
            Ok((inner, special))
        }
        kind => Err(wrong(format!(
            "has a tokenizer of the kind `{}`; `gpt2` and `llama` are read",
            kind.unwrap_or_default()
        ))),
    }
}

struct Vocabulary<'a> {
    header: &'a Header,
    tokens: Vec<&'a str>,
    /// What each is for.
    uses: Vec<u64>,
}

impl Vocabulary<'_> {
    /// What stands in `tokenizer_config.json` of a folder, and the tokens that end an answer.
    fn special(&self, bos: bool) -> Result<SpecialTokens> {
        let mut config = Map::new();
        for (key, name) in
            [("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding")]
        {
            let text = self.token(&format!("tokenizer.ggml.{name}_token_id"))?.map(|id| self.tokens[id]);
            config.extend(text.map(|text| (key.to_owned(), text.into())));
        }
        let add = self.header.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(bos);
        config.insert("add_bos_token".into(), (add && config.contains_key("bos_token")).into());
        let template = self.header.text("tokenizer.chat_template")?;
        config.extend(template.map(|text| ("chat_template".to_owned(), text.into())));
        let mut special = SpecialTokens::default();
        special.take_config(&self.header.file, &config)?;
        for name in ["eos", "eot", "eom"] {
            special.end_ids.extend(self.token(&format!("tokenizer.ggml.{name}_token_id"))?.map(|id| id as u32));
        }
        Ok(special)
    }

    /// The token under `key`.
    fn token(&self, key: &str) -> Result<Option<usize>> {
        match self.header.whole(key)? {
            Some(id) if id >= self.tokens.len() as u64 => {
                Err(self.header.wrong(key, &format!("is {id}, beyond the vocabulary")))
            }
            id => Ok(id.map(|id| id as usize)),
        }
    }

    /// `tokenizer.json` of GPT-2's kind.
    fn byte_pairs(&self, split: &Split) -> Result<Value> {
        let lines = self.header.texts("tokenizer.ggml.merges")?.unwrap_or_default();
        let merges: Vec<Option<[&str; 2]>> =
            lines.iter().map(|pair| pair.split_once(' ').map(|(left, right)| [left, right])).collect();
        let vocab: Map<String, Value> =
            self.tokens.iter().enumerate().map(|(id, token)| ((*token).to_owned(), id.into())).collect();
        if let Some((at, problem)) = flaw(merges.iter().copied(), "", |token| vocab.contains_key(token)) {
            return Err(self.header.wrong(&format!("tokenizer.ggml.merges[{at}]"), &problem));
        }
        let mut steps = vec![
            json!({"type": "Split", "pattern": {"Regex": split.pattern}, "behavior": "Isolated", "invert": false}),
            json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}),
        ];
        if split.digits {
            steps.insert(0, json!({"type": "Digits", "individual_digits": true}));
        }
        Ok(json!({
            "version": "1.0",
            "added_tokens": self.added(),
            "normalizer": split.composed.then(|| json!({"type": "NFC"})),
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
            "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
            "model": {"type": "BPE", "vocab": vocab, "merges": merges, "ignore_merges": split.whole_words},
        }))
    }

    /// The tokens that are found in a text before it is split.
    fn added(&self) -> Vec<Value> {
        let whole = |(_, kind): &(_, &u64)| matches!(**kind, UNKNOWN | CONTROL | USER_DEFINED);
        let json = |((id, token), &kind): ((usize, &&str), &u64)| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                   "special": kind != USER_DEFINED})
        };
        self.tokens.iter().enumerate().zip(&self.uses).filter(whole).map(json).collect()
    }
}

/// The numbers in the list under `key`, one a token.
pub(super) fn scores(header: &Header, key: &str, count: usize) -> Result<Vec<f32>> {
    let list = header.list(key)?.unwrap_or_default();
    let scores: Vec<f32> =
        list.iter().filter_map(|score| if let Stored::F32(score) = score { Some(*score) } else { None }).collect();
    if scores.len() == count {
        Ok(scores)
    } else {
        Err(header.wrong(key, &format!("holds {} numbers for {count} tokens", scores.len())))
    }
}
