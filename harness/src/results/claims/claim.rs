//! A claim that is ours.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Heart, file};

/// How often the holder of a claim says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A unit that is ours. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    file: Arc<File>,
    heart: Option<Heart>,
}

impl Claim {
    /// Begins to beat for a claim that was just made.
    pub(super) fn begin(path: PathBuf, file: File) -> Self {
        let file = Arc::new(file);
        let heart = Heart::start(HEARTBEAT, {
            let file = Arc::clone(&file);
            move || file::beat(&file)
        });
        Self { path, file, heart: Some(heart) }
    }

    /// Ends the claim on what nobody will ask for again; nothing of it stays on disk.
    pub(crate) fn close(mut self) {
        drop(self.heart.take());
        drop(fs_err::remove_file(&self.path));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(heart) = self.heart.take() {
            drop(heart);
            // The file stays, so that the next claim has a higher number: see the room's own words.
            file::give_back(&self.file);
        }
    }
}
