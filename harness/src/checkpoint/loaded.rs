//! A checkpoint read into memory, with the tokenizer that belongs to it.

use std::path::Path;

use spyglass_model::{LanguageModel, Model, Tokenizer, weight_files};

use super::Settings;
use crate::Result;
use crate::progress::Interrupt;

/// A tokenizer with what tells it from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens<'a> {
    /// The tokenizer.
    pub(crate) tokenizer: &'a Tokenizer,
    /// Its content's hash.
    pub(crate) hash: &'a str,
    /// The context limit of the model, in tokens.
    pub(crate) max_length: usize,
}

/// A checkpoint in memory.
pub(crate) struct Loaded {
    pub(crate) model: Model,
    pub(crate) tokenizer: Tokenizer,
    tokenizer_hash: String,
}

impl Loaded {
    /// Reads a checkpoint whose tokenizer is known by its content.
    ///
    /// # Errors
    /// Whatever is wrong with its files; it was stopped meanwhile.
    pub(crate) fn read(folder: &Path, settings: &Settings, tokenizer_hash: &str, stop: &Interrupt) -> Result<Self> {
        let (model, tokenizer) = open(folder, settings, stop)?;
        Ok(Self { model, tokenizer, tokenizer_hash: tokenizer_hash.to_owned() })
    }

    /// The tokenizer as the questions know it.
    pub(crate) fn tokens(&self) -> Tokens<'_> {
        let max_length = self.model.context_limit();
        Tokens { tokenizer: &self.tokenizer, hash: &self.tokenizer_hash, max_length }
    }
}

/// Reads model and tokenizer from a checkpoint's folder.
///
/// # Errors
/// Whatever is wrong with its files; a tokenizer with more tokens than the embedding has rows; it was stopped meanwhile.
pub(crate) fn open(folder: &Path, settings: &Settings, stop: &Interrupt) -> Result<(Model, Tokenizer)> {
    let config = settings.read_config(folder)?;
    weight_files(folder)?;
    let tokenizer = settings.open_tokenizer(folder, &config)?; // first: it is read in a moment
    Ok((settings.model_of(config, folder, stop)?, tokenizer))
}

/// Bytes of a checkpoint's weights on disk.
///
/// # Errors
/// There are none.
pub(crate) fn weight_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in weight_files(folder)? {
        bytes += fs_err::metadata(file)?.len();
    }
    Ok(bytes)
}
