//! Which checkpoints may be read: those that are complete and that nobody has written to between two looks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::complete::missing;
use super::files::Files;
use crate::checkpoint::Settings;

/// A checkpoint that is not complete and has not changed for so long stays so: it is read, and fails by name.
const GIVEN_UP: Duration = Duration::from_mins(5);

/// What was seen of checkpoints so far.
#[derive(Debug, Default)]
pub(super) struct Ready {
    seen: HashMap<PathBuf, Seen>,
}

#[derive(Debug)]
struct Seen {
    files: Files,
    since: Instant,
    is_ready: bool,
}

impl Ready {
    /// Why the checkpoint in `folder` is not to be read yet; `None` where it may be.
    pub(super) fn look(&mut self, folder: &Path, marker: Option<&Path>, settings: &Settings) -> Option<String> {
        let files = Files::of(folder);
        let known = self.seen.get_mut(folder).filter(|known| known.files == files);
        let Some(known) = known else {
            let seen = Seen { files, since: Instant::now(), is_ready: false };
            let before = self.seen.insert(folder.to_path_buf(), seen);
            let words = if before.is_some() { "is being written" } else { "was not seen before" };
            return Some(format!("{words}: the next look tells whether it has settled"));
        };
        if known.is_ready {
            return None;
        }
        let why = missing(folder, marker, settings).filter(|_| known.since.elapsed() < GIVEN_UP);
        known.is_ready = why.is_none();
        why.map(|why| format!("is not complete: {why}"))
    }

    /// Forgets the checkpoints that are gone.
    pub(super) fn keep(&mut self, folders: &[PathBuf]) {
        self.seen.retain(|folder, _| folders.contains(folder));
    }

    /// Whether a checkpoint may have become ready by the next look, if nothing more is written to it.
    pub(super) fn is_settling(&self) -> bool {
        self.seen.values().any(|seen| !seen.is_ready && seen.since.elapsed() < super::watcher::SETTLE * 2)
    }
}
