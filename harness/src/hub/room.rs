//! Room on the disk that is spoken for: sweeps on one results folder fetch at the same time, and stay within `disk:` together.
//!
//! Each keeps a file `results/.hub/<cache>/.rooms/<own>` with what it is about to fetch, locked as long as it does: the file of one that
//! was killed has no lock, and counts no more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::ledger::{Own, names};
use super::lock::Lock;
use super::wait::Talk;
use crate::Result;

/// The file whose lock is held while rooms are looked at.
const DOOR: &str = ".door";
/// What is written into a room is taken aside.
const ENDING: &str = "room";

/// What a sweep may fetch; dropping it gives the room back. By default it is nowhere, as where nothing sets a limit.
#[derive(Debug, Default)]
pub(super) struct Room {
    path: PathBuf,
    /// While it is held the room counts.
    lock: Option<Lock>,
}

/// Nobody else looks at the rooms of a folder, nor takes one.
#[derive(Debug)]
pub(super) struct Door<'a> {
    folder: &'a Path,
    _lock: Lock,
}

impl<'a> Door<'a> {
    /// Waits until nobody else is there; `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn enter(folder: &'a Path, talk: Talk<'_>) -> Result<Option<Self>> {
        Ok(Lock::exclusive(&folder.join(DOOR), talk)?.map(|lock| Self { folder, _lock: lock }))
    }

    /// What the others are about to fetch, with its bytes. What nobody holds any more is removed.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn spoken_for(&self) -> Result<BTreeMap<Own, u64>> {
        let mut all = BTreeMap::new();
        for name in names(self.folder).iter().filter(|name| name.ends_with(ENDING)) {
            let path = self.folder.join(name);
            if Lock::try_exclusive(&path)?.is_some() {
                drop(fs_err::remove_file(&path));
                continue;
            }
            let text = fs_err::read_to_string(&path).unwrap_or_default();
            all.extend(serde_json::from_str::<Vec<(Own, u64)>>(&text).unwrap_or_default());
        }
        Ok(all)
    }

    /// Takes room for these files.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn take(&self, wanted: &BTreeMap<Own, u64>) -> Result<Room> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Processes of two machines, or of two containers, may have one number, and hardly one instant.
        let instant = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{}-{instant}-{number}.{ENDING}", std::process::id()));
        let lock = Lock::try_exclusive(&path)?;
        let text = serde_json::to_string(&wanted.iter().collect::<Vec<_>>()).expect("plain data");
        fs_err::write(&path, text).map_err(|error| super::download::not_written(&path, &error))?;
        Ok(Room { path, lock })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(fs_err::remove_file(&self.path));
        drop(self.lock.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_counts_as_long_as_its_holder_lives() {
        let dir = tempfile::tempdir().unwrap();
        let own = |digits: &str| Own { folder: "models--a--b".into(), digits: digits.into() };
        let first = {
            let door = Door::enter(dir.path(), Talk::ALONE).unwrap().unwrap();
            door.take(&BTreeMap::from([(own("1"), 500), (own("2"), 30)])).unwrap()
        };
        let stopped = Talk { tell: &|_| (), stop: &|| true };
        let door = Door::enter(dir.path(), Talk::ALONE).unwrap().unwrap();
        assert!(Door::enter(dir.path(), stopped).unwrap().is_none(), "one at a time");
        assert_eq!(door.spoken_for().unwrap(), BTreeMap::from([(own("1"), 500), (own("2"), 30)]));
        drop(first);
        fs_err::write(dir.path().join("77-0.room"), r#"[[{"folder": "models--a--b", "digits": "3"}, 9]]"#).unwrap();
        assert_eq!(door.spoken_for().unwrap(), BTreeMap::new(), "nobody holds these");
        assert!(!dir.path().join("77-0.room").exists());
    }
}
