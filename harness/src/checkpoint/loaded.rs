//! A checkpoint read into memory, with the tokenizer that belongs to it.

use crate::Result;
use crate::ask::Tokens;
use crate::executor::{Memory, Room};
use crate::sweep::Settings;
use crate::sweep::plan::PlannedCheckpoint;
use spyglass_model::{LanguageModel, Model, Tokenizer, weight_files};
use std::path::Path;

/// Weights lie in memory as wide as on disk; the states and the batches want room too.
const MEMORY_PER_BYTE: u64 = 2;

/// A checkpoint in memory.
pub(crate) struct Opened<'a> {
    pub(crate) model: Model,
    tokenizer: Tokenizer,
    tokenizer_hash: String,
    _room: Room<'a>,
}

impl<'a> Opened<'a> {
    /// Reads an identified checkpoint, as soon as there is room for it.
    ///
    /// # Errors
    /// Whatever is wrong with its files.
    pub(crate) fn read(planned: &PlannedCheckpoint, settings: &Settings, memory: &'a Memory) -> Result<Self> {
        let room = memory.room(weight_bytes(&planned.folder)? * MEMORY_PER_BYTE);
        let (model, tokenizer) = open(&planned.folder, settings)?;
        let tokenizer_hash = planned.identity.as_ref().map_or_else(String::new, |identity| identity.tokenizer.clone());
        Ok(Self { model, tokenizer, tokenizer_hash, _room: room })
    }

    /// The tokenizer.
    pub(crate) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
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
/// Whatever is wrong with its files; a tokenizer with more tokens than the embedding has rows.
pub(crate) fn open(folder: &Path, settings: &Settings) -> Result<(Model, Tokenizer)> {
    let config = settings.read_config(folder)?;
    weight_files(folder)?;
    let tokenizer = settings.open_tokenizer(folder, &config)?; // first: it is read in a moment
    Ok((settings.open_model(folder)?, tokenizer))
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
