//! Text to token ids and back, as lm-evaluation-harness does it with the checkpoint's own tokenizer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::metaspace::PrependScheme;

use super::bos::Bos;
use super::chat_template::ChatTemplate;
use super::decode_stream::DecodeStream;
use super::special_tokens::SpecialTokens;
use super::{gguf, sentencepiece, tokenizer_json};
use crate::checkpoint::gguf::is_gguf;
use crate::error::{Error, Result};

/// Characters of a context that an error shows.
const SHOWN: usize = 24;

/// A checkpoint's tokenizer.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    file: PathBuf,
    special: SpecialTokens,
    rule: Bos,
    bos: Option<u32>,
    eos: Option<u32>,
    end_tokens: Vec<u32>,
    prefix_text: Option<String>,
    vocab_size: usize,
    /// The bytes that tokens stand for, where the decoder reads `<0x0A>` so.
    bytes: HashMap<u32, u8>,
}

/// A context and its continuation as token ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedPair {
    /// What the continuation is scored after; never empty.
    pub context: Vec<u32>,
    /// What is scored; never empty.
    pub continuation: Vec<u32>,
    /// Whether the tokens of the context begin those of the whole text. Where they do not, the split by length loses text.
    pub on_token_edge: bool,
}

/// Whether a tokenizer lies in `dir`: one that [`Tokenizer::open`] would try to read.
pub fn has_tokenizer(dir: &Path) -> bool {
    is_gguf(dir) || ["tokenizer.json", "tokenizer.model"].iter().any(|name| dir.join(name).exists())
}

impl Tokenizer {
    /// Reads the tokenizer within a `.gguf` file, or `tokenizer.json` in `dir` (where there is none, the `SentencePiece` model in `tokenizer.model`), and what `tokenizer_config.json`, `special_tokens_map.json`, `chat_template.jinja`,
    /// `config.json` and `generation_config.json` say beside it, each where there is one.
    ///
    /// # Errors
    /// A file that is missing or broken, or a special token that the vocabulary does not know.
    pub fn open(dir: &Path) -> Result<Self> {
        Self::open_for(dir, dir)
    }

    /// Reads the tokenizer in `dir` for the checkpoint in `checkpoint`: what the files of the checkpoint say of token ids (which end an
    /// answer, and BOS where the tokenizer names none) holds, everything else is the tokenizer's.
    ///
    /// # Errors
    /// As [`Tokenizer::open`].
    pub fn open_for(checkpoint: &Path, dir: &Path) -> Result<Self> {
        if is_gguf(dir) {
            let (inner, special) = gguf::open(dir)?;
            return Self::with(inner, dir.to_owned(), special);
        }
        let (file, pieces) = (dir.join("tokenizer.json"), dir.join("tokenizer.model"));
        let mut special = SpecialTokens::read(dir, checkpoint)?;
        if !file.is_file() && pieces.is_file() {
            let inner = sentencepiece::open(&pieces, &mut special)?;
            return Self::with(inner, pieces, special);
        }
        if !file.is_file() {
            return Err(Error::Tokenizer {
                file,
                problem: "there is no such file, nor a tokenizer.model".into(),
                mend: "save it there with `AutoTokenizer.from_pretrained(…).save_pretrained(…)`, or name a folder that has one: `--tokenizer`, \
                       or `tokenizer:` in the run file"
                    .into(),
            });
        }
        Self::with(tokenizer_json::read(&file)?, file, special)
    }

    fn with(mut inner: tokenizers::Tokenizer, file: PathBuf, special: SpecialTokens) -> Result<Self> {
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|error| refused(&file, &*error))?;
        if special.prefix_space_once
            && let Some(PreTokenizerWrapper::Metaspace(metaspace)) = inner.get_pre_tokenizer()
            && metaspace.prepend_scheme == PrependScheme::Always
        {
            // transformers builds its Llama class so, whatever tokenizer.json says
            let mut metaspace = metaspace.clone();
            metaspace.set_prepend_scheme(PrependScheme::First);
            inner.with_pre_tokenizer(Some(metaspace));
        }
        let id = |key: &str| -> Result<Option<u32>> {
            let Some(text) = special.texts.get(key) else { return Ok(None) };
            inner.token_to_id(text).map(Some).ok_or_else(|| Error::Tokenizer {
                file: file.clone(),
                problem: format!("does not know `{text}`, the `{key}` of {}", home_of_special(&file)),
                mend: format!("correct `{key}` in {}, or take a tokenizer from one checkpoint", home_of_special(&file)),
            })
        };
        let (bos, eos) = (id("bos_token")?.or(special.config_bos), id("eos_token")?);
        let mut end_tokens = special.end_ids.clone();
        end_tokens.extend(eos);
        end_tokens.sort_unstable();
        end_tokens.dedup();
        let prefix_text = bos.or(eos).and_then(|id| inner.id_to_token(id)).filter(|text| !text.is_empty());
        let vocab_size = inner.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        let bytes = byte_tokens(&inner);
        Ok(Self { inner, file, special, rule: Bos::default(), bos, eos, end_tokens, prefix_text, vocab_size, bytes })
    }

    /// The same with another rule for BOS.
    ///
    /// # Errors
    /// [`Bos::Always`] where no file names a BOS token.
    pub fn with_bos(mut self, rule: Bos) -> Result<Self> {
        if rule == Bos::Always && self.bos.is_none() {
            let mend = format!("name `bos_token` in {}, or leave BOS to the tokenizer", home_of_special(&self.file));
            let problem = "has no BOS token that could always stand before a text".into();
            return Err(Error::Tokenizer { file: self.file, problem, mend });
        }
        self.rule = rule;
        Ok(self)
    }

    /// Token ids with the special tokens that a text has by default: BOS where the post-processor or `add_bos_token` says so, or as
    /// [`Tokenizer::with_bos`] has it. None is added to a text that already begins with the prefix token's text.
    ///
    /// # Errors
    /// The tokenizer refuses the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let written = self.prefix_text.as_ref().is_some_and(|prefix| text.starts_with(prefix.as_str()));
        if written || self.rule == Bos::Never {
            return self.encode_plain(text);
        }
        let mut ids = self.ids(text, true)?;
        let add = if self.rule == Bos::Always { Some(true) } else { self.special.add_bos };
        if let (Some(bos), Some(add)) = (self.bos, add) {
            match (add, ids.first() == Some(&bos)) {
                (true, false) => ids.insert(0, bos),
                (false, true) => drop(ids.remove(0)),
                _ => {}
            }
        }
        Ok(ids)
    }

    /// [`Tokenizer::encode`] for a text that is to be continued: one without tokens is the prefix token.
    ///
    /// # Errors
    /// The tokenizer refuses the text, or has no prefix token where one is needed.
    pub fn encode_prompt(&self, text: &str) -> Result<Vec<u32>> {
        let ids = self.encode(text)?;
        if ids.is_empty() { Ok(vec![self.prefix()?]) } else { Ok(ids) }
    }

    /// Token ids of what a chat template wrote, special tokens and all: it gets no second BOS, and a first one only by [`Bos::Always`].
    ///
    /// # Errors
    /// The tokenizer refuses the text.
    pub fn encode_rendered(&self, text: &str) -> Result<Vec<u32>> {
        if self.rule == Bos::Always { self.encode(text) } else { self.encode_plain(text) }
    }

    /// Token ids of the text alone, without special tokens (those written out in the text are still read as such).
    ///
    /// # Errors
    /// The tokenizer refuses the text.
    pub fn encode_plain(&self, text: &str) -> Result<Vec<u32>> {
        self.ids(text, false)
    }

    /// A context and its continuation, split as lm-evaluation-harness splits them: trailing spaces of the context move to the
    /// continuation, the two are encoded as one text, and the first tokens, as many as the context has by itself, are the
    /// context. An empty context is the prefix token, its continuation is encoded without special tokens.
    ///
    /// # Errors
    /// [`Error::NothingToScore`] when no token is left to the continuation, or the tokenizer refuses.
    pub fn encode_pair(&self, context: &str, continuation: &str) -> Result<EncodedPair> {
        let pair = if context.is_empty() {
            self.after_nothing(continuation)?
        } else {
            let kept = context.trim_end_matches(is_python_space);
            let whole = self.encode(&format!("{context}{continuation}"))?;
            let alone = self.encode(kept)?;
            let (head, tail) = whole.split_at(alone.len().min(whole.len()));
            let on_token_edge = head == alone;
            let continuation = tail.to_vec();
            let context = if alone.is_empty() { vec![self.prefix()?] } else { alone };
            EncodedPair { context, continuation, on_token_edge }
        };
        if pair.continuation.is_empty() {
            let from = context.char_indices().rev().nth(SHOWN - 1).map_or(0, |(index, _)| index);
            let (context, continuation) = (context[from..].to_owned(), continuation.to_owned());
            return Err(Error::NothingToScore { context, continuation });
        }
        Ok(pair)
    }

    fn after_nothing(&self, continuation: &str) -> Result<EncodedPair> {
        let prefix = self.prefix()?;
        let mut continuation = self.encode_plain(continuation)?;
        if continuation.first() == Some(&prefix) {
            continuation.remove(0); // written out in the text, it is the context
        }
        Ok(EncodedPair { context: vec![prefix], continuation, on_token_edge: true })
    }

    /// What stands before a text without context: BOS, else EOS.
    ///
    /// # Errors
    /// There is neither.
    pub fn prefix(&self) -> Result<u32> {
        self.prefix_token().ok_or_else(|| Error::Tokenizer {
            file: self.file.clone(),
            problem: "an empty context needs a BOS or EOS token, and there is neither".into(),
            mend: format!("name `bos_token` in {}", home_of_special(&self.file)),
        })
    }

    /// [`Tokenizer::prefix`], where there is one.
    pub fn prefix_token(&self) -> Option<u32> {
        self.bos.or(self.eos)
    }

    /// The token that begins a text.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The token that ends a text by `tokenizer_config.json`.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// All tokens that end an answer, ascending: [`Tokenizer::eos`] and `eos_token_id` of config.json and `generation_config.json`.
    pub fn end_tokens(&self) -> &[u32] {
        &self.end_tokens
    }

    /// The text of token ids; special tokens and ids beyond the vocabulary have none, bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// The tokenizer's decoder refuses.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner.decode(ids, true).map_err(|error| refused(&self.file, &*error))
    }

    /// A decoder that takes one token at a time.
    pub fn decode_stream(&self) -> DecodeStream<'_> {
        DecodeStream::new(self)
    }

    /// The byte that a token stands for.
    pub(crate) fn byte(&self, id: u32) -> Option<u8> {
        self.bytes.get(&id).copied()
    }

    /// The chat template of the checkpoint, if there is one.
    ///
    /// # Errors
    /// [`Error::ChatTemplate`] for one that is none.
    pub fn chat_template(&self) -> Result<Option<ChatTemplate>> {
        let Some((file, source)) = &self.special.chat_template else { return Ok(None) };
        ChatTemplate::new(source, file, self.special_tokens()).map(Some)
    }

    /// The vocabulary's own entry of a token, in its spelling (`▁the`, `<0x0A>`, `</s>`).
    pub fn token_text(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The largest token id plus one.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Checks that a model with `rows` rows of embedding knows every token.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] when it does not.
    pub fn check_embedding(&self, rows: usize) -> Result<()> {
        if self.vocab_size > rows {
            return Err(Error::Vocabulary { file: self.file.clone(), tokenizer: self.vocab_size, embedding: rows });
        }
        Ok(())
    }

    /// The special tokens by their keys in `tokenizer_config.json` (`bos_token` → `<s>`).
    pub fn special_tokens(&self) -> impl Iterator<Item = (&str, &str)> {
        self.special.texts.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }

    /// The files that decide what this tokenizer does, for a fingerprint; `tokenizer.json` first.
    pub fn files(&self) -> Vec<PathBuf> {
        std::iter::once(&self.file).chain(&self.special.files).cloned().collect()
    }

    fn ids(&self, text: &str, special: bool) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text, special).map_err(|error| refused(&self.file, &*error))?;
        Ok(encoding.get_ids().to_vec())
    }
}

/// The tokens of single bytes; none where the decoder does not join them.
fn byte_tokens(inner: &tokenizers::Tokenizer) -> HashMap<u32, u8> {
    let tokens = (0..=u8::MAX).filter_map(|byte| Some((inner.token_to_id(&format!("<0x{byte:02X}>"))?, byte)));
    let tokens: HashMap<u32, u8> = tokens.collect();
    let joined = tokens.iter().find(|&(_, &byte)| byte == b'\n').and_then(|(&id, _)| inner.decode(&[id], true).ok());
    if joined.as_deref() == Some("\n") { tokens } else { HashMap::new() }
}

/// Where the tokenizer in `file` is told its special tokens.
fn home_of_special(file: &Path) -> &'static str {
    if is_gguf(file) {
        "the file's header (`tokenizer.ggml.bos_token_id` and its like)"
    } else {
        "tokenizer_config.json"
    }
}

fn refused(file: &Path, error: &(dyn std::error::Error + Send + Sync)) -> Error {
    Error::Tokenizer {
        file: file.to_owned(),
        problem: format!("the tokenizer refuses: {error}"),
        mend: "is this file the tokenizer the checkpoint was trained with?".into(),
    }
}

/// What Python's `str.rstrip` takes off: four separators that Rust does not count as white space, and all that it does.
pub(crate) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}
