//! The file beside a checkpoint that tells a trainer that it is being read.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Site;
use crate::results::{ClaimHolder, Heart, write_whole};
use crate::sweep::plan::PlannedCheckpoint;

/// How often the file is touched.
const TOUCHED: Duration = Duration::from_secs(10);

/// `.reading-NAME-HOST-PID` beside the folder NAME of a checkpoint, as long as this value lives. One that was not touched for minutes
/// is of a process that was killed.
#[derive(Debug)]
pub(super) struct Reading {
    path: PathBuf,
    _heart: Heart,
}

impl Reading {
    /// Lays the file, where the run asks for it and the folder can be written.
    pub(super) fn of(planned: &PlannedCheckpoint, site: &Site) -> Option<Self> {
        let is_asked_for = site.beside.tells_trainer && planned.pinned().is_none() && !planned.is_done();
        is_asked_for.then(|| Self::lay(&planned.folder)).flatten()
    }

    fn lay(checkpoint: &Path) -> Option<Self> {
        let own = ClaimHolder::this_process();
        let name = format!(".reading-{}-{}-{}", checkpoint.file_name()?.to_str()?, own.host, own.pid);
        let path = checkpoint.parent()?.join(name);
        let text = serde_json::to_string(&own).expect("plain data") + "\n";
        write_whole(&path, text.as_bytes()).ok()?;
        let heart = Heart::start(TOUCHED, {
            let path = path.clone();
            move || {
                let touched = fs_err::OpenOptions::new().append(true).open(&path);
                drop(touched.map(|file| file.file().set_modified(SystemTime::now())));
            }
        });
        Some(Self { path, _heart: heart })
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        drop(fs_err::remove_file(&self.path));
    }
}
