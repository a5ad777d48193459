//! Locks between programs that use one cache. Where a disk knows none (some network disks) we go on without: what is fetched is
//! checked and renamed into place, so that at worst it is fetched twice.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::download::not_written;
use super::wait::Talk;

/// How often it is looked whether the other one is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The same where each has it for an instant: at first, and at last where that instant is long.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(64);

/// A lock; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Lock(File);

/// What is asked of a lock file.
type Ask = fn(&File) -> Result<(), TryLockError>;

impl Lock {
    /// Waits until nobody else holds the lock; `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn exclusive(path: &Path, talk: Talk<'_>) -> crate::Result<Option<Self>> {
        Self::wait(path, File::try_lock, talk)
    }

    /// Waits until nobody holds the lock for himself: others may share it. `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn shared(path: &Path, talk: Talk<'_>) -> crate::Result<Option<Self>> {
        Self::wait(path, File::try_lock_shared, talk)
    }

    /// The lock, unless somebody else holds it.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn try_exclusive(path: &Path) -> crate::Result<Option<Self>> {
        Self::ask(path, File::try_lock)
    }

    /// The lock, soon after who holds it gives it back: for what is done in an instant. `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn turn(path: &Path, talk: Talk<'_>) -> crate::Result<Option<Self>> {
        let mut pause = SHORTEST;
        loop {
            if let Some(lock) = Self::try_exclusive(path)? {
                return Ok(Some(lock));
            }
            if talk.sleep(pause) {
                return Ok(None);
            }
            pause = (pause * 2).min(LONGEST);
        }
    }

    fn wait(path: &Path, ask: Ask, talk: Talk<'_>) -> crate::Result<Option<Self>> {
        loop {
            if let Some(lock) = Self::ask(path, ask)? {
                return Ok(Some(lock));
            }
            if talk.sleep(LOOK_AGAIN) {
                return Ok(None);
            }
        }
    }

    fn ask(path: &Path, ask: Ask) -> crate::Result<Option<Self>> {
        let file = open(path)?;
        match ask(&file) {
            Err(TryLockError::WouldBlock) => Ok(None),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(Self(file))),
        }
    }
}

fn open(path: &Path) -> crate::Result<File> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs_err::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
    let file = fs_err::OpenOptions::new().create(true).append(true).open(path);
    Ok(file.map_err(|error| not_written(path, &error))?.into_parts().0)
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.0.unlock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_keeps_others_from_deleting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.lock");
        let first = Lock::shared(&path, Talk::ALONE).unwrap().unwrap();
        let second = Lock::shared(&path, Talk::ALONE).unwrap().unwrap();
        drop(first);
        assert!(Lock::try_exclusive(&path).unwrap().is_none());
        let stopped = Talk { tell: &|_| (), stop: &|| true };
        assert!(Lock::exclusive(&path, stopped).unwrap().is_none());
        drop(second);
        let only = Lock::exclusive(&path, Talk::ALONE).unwrap().unwrap();
        assert!(Lock::shared(&path, stopped).unwrap().is_none());
        assert!(Lock::turn(&path, stopped).unwrap().is_none(), "who waits for a turn hears that, too");
        drop(only);
        assert!(Lock::turn(&path, Talk::ALONE).unwrap().is_some());
    }
}
