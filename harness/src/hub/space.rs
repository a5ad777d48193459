//! How much of the cache a run may take, and what goes when it is no longer needed: never what others have put there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::address::Repo;
use super::cache::{Cache, INCOMPLETE};
use super::ledger::{Ledger, Own};
use super::listing::RemoteFile;
use super::lock::Lock;
use super::pinned::Pinned;
use super::room::{Door, Room};
use super::wait::Talk;
use crate::progress::Interrupt;
use crate::{Error, Result};

/// How often it is looked whether another checkpoint is scored.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The part of the cache that a run has fetched.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) cache: Cache,
    /// What is its own; a cache without one is filled, and nothing of it is ever dropped.
    pub(super) ledger: Option<Ledger>,
    /// Bytes that may lie there; as many as the disk has where nobody says.
    pub(super) most: Option<u64>,
    /// Ends the wait for a turn of what is given back.
    pub(super) stop: Interrupt,
    in_use: Mutex<InUse>,
}

/// What became of a file that was to be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Linked {
    Here,
    /// Its blob is gone: it is to be fetched again.
    Gone,
    /// It was stopped meanwhile.
    Stopped,
}

/// While it lives nobody else links or drops a file of a repository; without a lock where none can be made.
#[derive(Debug)]
pub(super) struct Turn {
    _lock: Option<Lock>,
}

/// Checkpoints in use here, by repository and mark, and how often.
pub(super) type InUse = BTreeMap<(String, String), usize>;

impl Space {
    pub(super) fn new(cache: Cache, ledger: Option<Ledger>, most: Option<u64>) -> Self {
        Self { cache, ledger, most, stop: Interrupt::default(), in_use: Mutex::default() }
    }

    pub(super) fn take(&self, pinned: &Pinned) {
        *self.lock().entry(place(pinned)).or_default() += 1;
    }

    /// Gives back what was taken; what is not to be kept goes, unless we are to stop before its turn comes: then a later run lets it go.
    pub(super) fn give_back(&self, pinned: &Pinned, keep: bool) {
        let mut in_use = self.lock();
        let place = place(pinned);
        if let Some(count) = in_use.get_mut(&place) {
            *count -= 1;
            if *count == 0 {
                in_use.remove(&place);
            }
        }
        if !keep
            && self.ledger.is_some()
            && !in_use.contains_key(&place)
            && let Some(turn) = self.own_turn(&place.0)
        {
            self.drop_checkpoint(&place.0, &place.1, &turn);
        }
    }

    /// Lets `path` of a revision be a blob that is there.
    pub(super) fn link(&self, pinned: &Pinned, file: &RemoteFile, talk: Talk<'_>) -> Result<Linked> {
        let in_use = self.lock();
        let Some(turn) = self.turn(&pinned.repo.folder(), talk) else { return Ok(Linked::Stopped) };
        if fs_err::metadata(self.cache.blob(&pinned.repo, &file.checksum)).is_err() {
            return Ok(Linked::Gone);
        }
        let path = pinned.path(&file.path);
        let place = self.cache.snapshot(&pinned.repo, &pinned.commit).join(&path);
        if let Some(ledger) = self.ledger.as_ref().filter(|_| !place.exists()) {
            ledger.begin_link(pinned, &path)?;
        }
        if self.cache.link(&pinned.repo, &pinned.commit, &path, &file.checksum)? {
            return Ok(Linked::Here);
        }
        drop((turn, in_use)); // others need not wait for gigabytes
        self.copy(pinned, &path, file, talk)
    }

    /// Lets `path` of a revision be a copy of a blob that is there.
    fn copy(&self, pinned: &Pinned, path: &str, file: &RemoteFile, talk: Talk<'_>) -> Result<Linked> {
        let own = own(&pinned.repo, file);
        // Who holds its lock copies it alone, so that what else lies aside of it was left behind. Where no lock can be made we go on.
        let lock = match Lock::exclusive(&self.cache.lock_file(&own.folder, &own.digits), talk) {
            Ok(None) => return Ok(Linked::Stopped),
            Ok(lock) => lock,
            Err(_) => None,
        };
        if lock.is_some() {
            self.drop_copies(&own);
        }
        if self.cache.snapshot(&pinned.repo, &pinned.commit).join(path).exists() {
            return Ok(Linked::Here); // somebody was faster
        }
        let Some(aside) = self.cache.copy(&pinned.repo, &file.checksum)? else { return Ok(Linked::Gone) };
        // in turn with who removes folders that are left empty
        let Some(_turn) = self.turn(&own.folder, talk) else {
            drop(fs_err::remove_file(&aside));
            return Ok(Linked::Stopped);
        };
        let is_here = self.cache.put(&pinned.repo, &pinned.commit, path, &aside)?;
        Ok(if is_here { Linked::Here } else { Linked::Gone })
    }

    /// Drops the copies of a blob that lie aside. Who asks holds the blob's lock.
    pub(super) fn drop_copies(&self, own: &Own) {
        for path in self.cache.copies(&own.folder, &own.digits) {
            drop(fs_err::remove_file(path));
        }
    }

    /// Where the bytes of a file are put until they are all there.
    pub(super) fn partial(&self, own: &Own) -> PathBuf {
        self.cache.repo(&own.folder).join("blobs").join(format!("{}{INCOMPLETE}", own.digits))
    }

    pub(super) fn blob(&self, own: &Own) -> PathBuf {
        self.cache.repo(&own.folder).join("blobs").join(&own.digits)
    }

    pub(super) fn bytes(&self, own: &Own) -> u64 {
        let size = |path: PathBuf| fs_err::metadata(path).map_or(0, |metadata| metadata.len());
        size(self.blob(own)) + size(self.partial(own))
    }

    /// Waits until there is room for these files beside those in use and those that other sweeps are about to fetch, and lets go what
    /// is not in use, what was only begun first. `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// They need more than there may be.
    pub(super) fn make_room(&self, repo: &Repo, files: &[&RemoteFile], talk: Talk<'_>) -> Result<Option<Room>> {
        let (Some(most), Some(ledger)) = (self.most, &self.ledger) else { return Ok(Some(Room::default())) };
        // What others have put there takes no room of ours.
        let is_ours =
            |file: &&&RemoteFile| ledger.holds(&own(repo, file)) || !self.cache.blob(repo, &file.checksum).exists();
        let wanted: BTreeMap<Own, u64> =
            files.iter().filter(is_ours).map(|file| (own(repo, file), file.size)).collect();
        let size = wanted.values().sum::<u64>();
        if size > most {
            return Err(Error::Hub {
                address: repo.to_string(),
                problem: format!("`disk:` allows {most} bytes, and this checkpoint alone takes {size}"),
                help: format!(
                    "set `disk:` to {} at least: one checkpoint is scored while the next is fetched",
                    size * 2
                ),
            });
        }
        let rooms = ledger.rooms();
        loop {
            let Some(door) = Door::enter(&rooms, talk)? else { return Ok(None) };
            let mut others = door.spoken_for()?;
            for own in ledger.all() {
                let there = self.bytes(&own);
                let bytes = others.entry(own).or_default();
                *bytes = there.max(*bytes);
            }
            let others: u64 = others.iter().filter(|(own, _)| !wanted.contains_key(own)).map(|(_, bytes)| bytes).sum();
            if others + size <= most {
                return door.take(&wanted).map(Some);
            }
            if self.let_go_one(&wanted.keys().cloned().collect()) {
                continue;
            }
            drop(door);
            if talk.sleep(LOOK_AGAIN) {
                return Ok(None);
            }
        }
    }

    /// The disk is full, whatever `disk:` says: lets something go that is not in use, or waits until a checkpoint that is scored here is
    /// given back. False where there is none, or where it was stopped meanwhile.
    pub(super) fn make_way(&self, pinned: &Pinned, talk: Talk<'_>) -> bool {
        let own = place(pinned);
        let others = || self.lock().keys().filter(|place| **place != own).count();
        let before = others();
        let mut is_told = false;
        loop {
            if self.let_go_one(&BTreeSet::new()) || others() < before {
                return true;
            }
            if before == 0 {
                return false;
            }
            if !std::mem::replace(&mut is_told, true) {
                (talk.tell)("the disk is full: waiting until a checkpoint that is scored can go");
            }
            if talk.sleep(LOOK_AGAIN) {
                return false;
            }
        }
    }

    /// Whether something has come of a checkpoint.
    pub(super) fn has_begun(&self, pinned: &Pinned) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let (folder, mark) = place(pinned);
        let is_own = |own: &Own| own.folder == folder && ledger.begun_for(own) == mark && self.bytes(own) > 0;
        ledger.all().iter().any(is_own)
    }

    /// The file whose lock is shared by those who use a checkpoint.
    pub(super) fn in_use_elsewhere(&self, folder: &str, mark: &str) -> PathBuf {
        self.cache.lock_file(folder, &format!("{mark}.spyglass"))
    }

    /// Waits until nobody else links or drops a file of a repository, here or in another program with this cache: a file would be linked
    /// while the other drops it, or would look as if others had put it there, and stay for good. `None` where it was stopped meanwhile.
    fn turn(&self, folder: &str, talk: Talk<'_>) -> Option<Turn> {
        // the hub's own tools call locks by checksums alone
        match Lock::turn(&self.cache.lock_file(folder, "turn.spyglass"), talk) {
            Ok(None) => None,
            Ok(lock) => Some(Turn { _lock: lock }),
            Err(_) => Some(Turn { _lock: None }), // where no file can be made we go on, as where a disk knows no locks
        }
    }

    /// The same for what is let go.
    pub(super) fn own_turn(&self, folder: &str) -> Option<Turn> {
        self.turn(folder, Talk { tell: &|_| (), stop: &|| self.stop.is_set() })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, InUse> {
        self.in_use.lock().expect("no thread panics while it holds the lock")
    }
}

fn place(pinned: &Pinned) -> (String, String) {
    (pinned.repo.folder(), pinned.mark())
}

/// The file as the ledger knows it.
pub(super) fn own(repo: &Repo, file: &RemoteFile) -> Own {
    Own { folder: repo.folder(), digits: file.checksum.digits().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::checksum::Checksum;

    #[test]
    fn a_copy_takes_away_what_was_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let space = Space::new(Cache::new(folder.path().to_owned()), None, None);
        let (repo, commit) = (Repo::model("tiny/mix").unwrap(), "1".repeat(40));
        let pinned = Pinned { repo: repo.clone(), revision: "step1".into(), commit, folder: String::new() };
        let checksum = Checksum::sha256(&"a".repeat(64)).unwrap();
        let file = RemoteFile { path: "a/b".into(), size: 1, checksum };
        let own = own(&repo, &file);
        space.cache.prepare(&repo).unwrap();
        let copied = || space.copy(&pinned, "a/b", &file, Talk::ALONE).unwrap();
        assert_eq!(copied(), Linked::Gone);
        fs_err::write(space.blob(&own), "x").unwrap();
        fs_err::write(space.partial(&own), "").unwrap();
        let left = space.cache.copy(&repo, &file.checksum).unwrap().unwrap(); // by who was killed
        assert_eq!(copied(), Linked::Here);
        let place = space.cache.checkpoint(&pinned).join("a/b");
        assert_eq!(fs_err::read_to_string(place).unwrap(), "x");
        assert!(!left.exists() && space.cache.copies(&own.folder, &own.digits).is_empty());
        assert!(space.partial(&own).exists(), "a download goes on from there");
    }
}
