//! The prompt packs that are asked for.

use std::path::PathBuf;
use std::sync::Arc;

use spyglass_tasks::vibes::{PackCatalogue, PromptPack};

use crate::Result;

/// The packs that names, globs and files stand for, each once, among the shipped ones and those in `folders`.
///
/// # Errors
/// A pack is unknown or wrong, or a folder cannot be read.
pub fn packs(wanted: &[String], folders: &[PathBuf]) -> Result<Vec<Arc<PromptPack>>> {
    let mut catalogue = PackCatalogue::shipped()?;
    for folder in folders {
        catalogue.with_folder(folder)?;
    }
    let mut packs: Vec<Arc<PromptPack>> = Vec::new();
    for name in wanted {
        for pack in catalogue.select(name)? {
            if !packs.iter().any(|known| known.name == pack.name) {
                packs.push(pack);
            }
        }
    }
    Ok(packs)
}
