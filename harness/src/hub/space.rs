//! How much of the cache a run may take, and what goes when it is no longer needed: never what others have put there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::address::Repo;
use super::cache::Cache;
use super::ledger::{Ledger, Own};
use super::listing::RemoteFile;
use super::lock::Lock;
use super::pinned::Pinned;
use super::room::{Door, Room};
use super::wait::Talk;
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
    in_use: Mutex<InUse>,
}

/// Checkpoints in use here, by repository and mark, and how often.
type InUse = BTreeMap<(String, String), usize>;

impl Space {
    pub(super) fn new(cache: Cache, ledger: Option<Ledger>, most: Option<u64>) -> Self {
        Self { cache, ledger, most, in_use: Mutex::default() }
    }

    pub(super) fn take(&self, pinned: &Pinned) {
        *self.lock().entry(place(pinned)).or_default() += 1;
    }

    /// Gives back what was taken; what is not to be kept goes.
    pub(super) fn give_back(&self, pinned: &Pinned, keep: bool) {
        let (mut in_use, _turn) = self.alone();
        let place = place(pinned);
        if let Some(count) = in_use.get_mut(&place) {
            *count -= 1;
            if *count == 0 {
                in_use.remove(&place);
            }
        }
        if !keep && !in_use.contains_key(&place) {
            self.drop_checkpoint(&place.0, &place.1);
        }
    }

    /// Lets `path` of a revision be a blob that is there; false where it is gone meanwhile.
    pub(super) fn link(&self, pinned: &Pinned, file: &RemoteFile) -> Result<bool> {
        let _alone = self.alone();
        let is_there = fs_err::metadata(self.cache.blob(&pinned.repo, &file.checksum)).is_ok();
        if is_there {
            let path = pinned.path(&file.path);
            let place = self.cache.snapshot(&pinned.repo, &pinned.commit).join(&path);
            if let Some(ledger) = self.ledger.as_ref().filter(|_| !place.exists()) {
                ledger.begin_link(pinned, &path)?;
            }
            self.cache.link(&pinned.repo, &pinned.commit, &path, &file.checksum)?;
        }
        Ok(is_there)
    }

    /// Where the bytes of a file are put until they are all there.
    pub(super) fn partial(&self, own: &Own) -> PathBuf {
        self.cache.repo(&own.folder).join("blobs").join(format!("{}.spyglass.incomplete", own.digits))
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

    /// What is in use, while nobody else links or drops a file that the ledger knows, here or in another sweep on its results folder: a
    /// file that another one was about to use would look as if others had put it there, and stay for good.
    pub(super) fn alone(&self) -> (MutexGuard<'_, InUse>, Option<Lock>) {
        let in_use = self.lock();
        // where no file can be made for it we go on, as where a disk knows no locks
        let turn = self.ledger.as_ref().and_then(|ledger| Lock::turn(&ledger.turn()).ok());
        (in_use, turn)
    }

    fn lock(&self) -> MutexGuard<'_, InUse> {
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
