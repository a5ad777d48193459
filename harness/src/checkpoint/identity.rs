//! What a checkpoint's files are, by content: the part of a unit's key that comes from the checkpoint.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use spyglass_model::{gguf_header, is_gguf};

use crate::hub::Pinned;
use crate::results::Hashes;
use crate::{Error, Result};

/// Files that decide how text becomes tokens.
pub(crate) const TOKENIZER: [&str; 3] = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];
/// The same where there is no `tokenizer.json`, beside the others.
pub(crate) const PIECES: [&str; 2] = ["tokenizer.model", "added_tokens.json"];
/// Files that decide how the weights are run.
pub(crate) const CONFIG: [&str; 2] = ["config.json", "generation_config.json"];

/// A chat template in a file of its own.
pub(crate) const CHAT_TEMPLATE: [&str; 1] = ["chat_template.jinja"];

/// Content hashes of a checkpoint's files, hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub weights: String,
    pub config: String,
    pub tokenizer: String,
    /// Of the chat template in a file of its own; one in `tokenizer_config.json` is part of `tokenizer`.
    pub chat_template: String,
}

/// What to do about weights whose hash is not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hashing {
    /// Leave them: hashing reads every byte.
    Remembered,
    /// Hash them now and remember it.
    Compute,
}

impl Identity {
    /// The identity of the checkpoint in `folder` with the tokenizer in `tokenizer`, the same folder or another; `None` when its weights
    /// would have to be hashed first.
    ///
    /// # Errors
    /// There is no config, there are no weights, or a file cannot be read.
    pub(crate) fn read(folder: &Path, tokenizer: &Path, hashes: &Hashes, hashing: Hashing) -> Result<Option<Self>> {
        if !folder.join("config.json").is_file() {
            spyglass_model::ModelConfig::read(folder)?; // says what is wrong with the folder
        }
        let files = spyglass_model::weight_files(folder)?;
        let weights = match hashing {
            Hashing::Compute => hashes.of_all(&files)?,
            Hashing::Remembered => match remembered(&files, hashes)? {
                Some(hash) => hash,
                None => return Ok(None),
            },
        };
        Ok(Some(Self {
            weights,
            config: config_hash(folder)?,
            tokenizer: hashes.of_tokenizer(tokenizer)?,
            chat_template: small_files(tokenizer, &CHAT_TEMPLATE)?,
        }))
    }

    /// The identity of a checkpoint from the hub that lies, or did lie, in `folder`: a commit never changes, so what is remembered of it
    /// holds when its files are gone. `None` when it is not remembered and [`Hashing::Compute`] is not asked for.
    ///
    /// # Errors
    /// As [`Identity::read`].
    pub(crate) fn of_commit(
        pinned: &Pinned,
        folder: &Path,
        tokenizer: &Path,
        hashes: &Hashes,
        hashing: Hashing,
    ) -> Result<Option<Self>> {
        let own = match (hashes.of_commit(&pinned.key()), hashing) {
            (Some(known), _) => known,
            (None, Hashing::Remembered) => return Ok(None),
            (None, Hashing::Compute) => {
                let Some(own) = Self::read(folder, folder, hashes, hashing)? else { return Ok(None) };
                hashes.remember_commit(&pinned.key(), &own)?;
                own
            }
        };
        if tokenizer == folder {
            return Ok(Some(own));
        }
        let chat_template = small_files(tokenizer, &CHAT_TEMPLATE)?;
        Ok(Some(Self { tokenizer: hashes.of_tokenizer(tokenizer)?, chat_template, ..own }))
    }
}

/// One hash over the files that decide how the weights are run.
///
/// # Errors
/// One of them cannot be read.
pub(crate) fn config_hash(folder: &Path) -> Result<String> {
    if let Some([_, rest]) = gguf_header(folder)? {
        return Ok(blake3::hash(rest.as_bytes()).to_hex().to_string());
    }
    small_files(folder, &CONFIG)
}

/// One hash over the files that decide how text becomes tokens.
///
/// # Errors
/// One of them cannot be read.
pub(crate) fn tokenizer_hash(folder: &Path) -> Result<String> {
    if let Some([tokenizer, _]) = gguf_header(folder)? {
        return Ok(blake3::hash(tokenizer.as_bytes()).to_hex().to_string());
    }
    small_files(folder, &tokenizer_names(folder))
}

/// Where these files lie; not all of them need be there.
pub(crate) fn tokenizer_files(folder: &Path) -> Vec<PathBuf> {
    if is_gguf(folder) {
        return vec![folder.to_owned()];
    }
    tokenizer_names(folder).into_iter().map(|name| folder.join(name)).collect()
}

fn tokenizer_names(folder: &Path) -> Vec<&'static str> {
    let pieces = !folder.join(TOKENIZER[0]).exists();
    [if pieces { &PIECES[..] } else { &[] }, &TOKENIZER].concat()
}

/// The hash of all weight files, if each one's is remembered.
fn remembered(files: &[PathBuf], hashes: &Hashes) -> Result<Option<String>> {
    for file in files {
        if hashes.remembered(file)?.is_none() {
            return Ok(None);
        }
    }
    hashes.of_all(files).map(Some)
}

/// One hash over the names and contents of those of `names` that are there.
fn small_files(folder: &Path, names: &[&str]) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        match fs_err::read(folder.join(name)) {
            Ok(bytes) => {
                hasher.update(name.as_bytes()).update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
            }
            // below a `.gguf` file lies nothing
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(Error::Io(error)),
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}
