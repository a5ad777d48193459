//! Reading a checkpoint into memory, and what may become of its files meanwhile.

use super::Site;
use super::slots::{Slot, Slots};
use crate::checkpoint::{Hashing, Loaded};
use crate::sweep::plan::PlannedCheckpoint;
use crate::{Error, Result};

/// Room for a model, in bytes of its weights: the states and the batches want some too.
const MEMORY_PER_BYTE: u64 = 2;

/// Reads an identified checkpoint as soon as there is room for it.
///
/// # Errors
/// It cannot be read, or it is not what it was when it was identified; it was stopped meanwhile.
pub(super) fn load<'a>(planned: &PlannedCheckpoint, site: &Site, slots: &'a Slots) -> Result<(Loaded, Slot<'a>)> {
    let identity = planned.identity.as_ref().expect("a checkpoint is identified before it is read");
    let settings = &site.work.settings;
    let slot = slots.take(settings.weight_bytes(&planned.folder)? * MEMORY_PER_BYTE);
    let loaded = Loaded::read(&planned.folder, settings, &identity.tokenizer, &site.watch.interrupt)?;
    // Scores stand under the key of what was hashed, so it must be what was read.
    let mut again = planned.with_units(Vec::new());
    again.identity = None;
    again.identify(&site.work, &site.hashes, Hashing::Remembered)?;
    if again.identity != planned.identity {
        return Err(Error::Checkpoint {
            folder: planned.folder.clone(),
            problem: "was changed while it was read, so that nobody can say whose scores these would be".into(),
            help: "it is scored as it is then the next time; let the trainer write each checkpoint once".into(),
        });
    }
    Ok((loaded, slot))
}

/// Why a checkpoint could not be read, in full: of one that is gone, that it is gone.
pub(super) fn why(planned: &PlannedCheckpoint, error: &Error) -> String {
    let is_gone = planned.pinned().is_none() && !planned.folder.exists();
    if is_gone {
        let gone = Error::Checkpoint {
            folder: planned.folder.clone(),
            problem: "was deleted while it was read".into(),
            help: "let the trainer keep a checkpoint while a `.reading-…` file for it lies beside it, or keep more of them".into(),
        };
        return gone.in_full();
    }
    error.in_full()
}
