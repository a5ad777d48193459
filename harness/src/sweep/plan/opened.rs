//! Configs and tokenizers of checkpoints, each read once however many checkpoints share it: a tokenizer takes a tenth of a second, and a
//! run has a thousand checkpoints.

use std::collections::HashMap;
use std::rc::Rc;

use spyglass_model::{ModelConfig, Tokenizer};

use super::PlannedCheckpoint;
use crate::Result;
use crate::checkpoint::{Settings, Tokens, config_hash, tokenizer_hash};

/// What is read of a checkpoint to count its tokens.
pub(super) struct Opened {
    pub(super) config: ModelConfig,
    tokenizer: Tokenizer,
    hash: String,
}

impl Opened {
    pub(super) fn tokens(&self) -> Tokens<'_> {
        Tokens { tokenizer: &self.tokenizer, hash: &self.hash, max_length: self.config.context_limit() }
    }
}

/// What files say, by content: hashes of the tokenizer's and of the config's.
pub(in crate::sweep) type Contents = (String, String);

/// What the files of a checkpoint say; as it was found out when it was identified, where it was.
///
/// # Errors
/// A file cannot be read.
pub(in crate::sweep) fn contents(planned: &PlannedCheckpoint, settings: &Settings) -> Result<Contents> {
    if let Some(known) = &planned.identity {
        return Ok((known.tokenizer.clone(), known.config.clone()));
    }
    Ok((tokenizer_hash(settings.tokenizer_folder(&planned.folder))?, config_hash(&planned.folder)?))
}

/// All that was opened so far.
#[derive(Default)]
pub(super) struct OpenedOnce(HashMap<Contents, Rc<Opened>>);

impl OpenedOnce {
    /// Config and tokenizer of a checkpoint whose files say this.
    ///
    /// # Errors
    /// They are missing, or not understood.
    pub(super) fn of(
        &mut self,
        contents: Contents,
        planned: &PlannedCheckpoint,
        settings: &Settings,
    ) -> Result<Rc<Opened>> {
        if let Some(known) = self.0.get(&contents) {
            return Ok(Rc::clone(known));
        }
        let config = settings.read_config(&planned.folder)?;
        let tokenizer = settings.open_tokenizer(&planned.folder, &config)?;
        let opened = Rc::new(Opened { config, tokenizer, hash: contents.0.clone() });
        self.0.insert(contents, Rc::clone(&opened));
        Ok(opened)
    }
}
