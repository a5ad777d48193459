//! How much of the cache a run may take, and what goes when it is no longer needed: never what others have put there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::address::{COMMIT_DIGITS, Repo, is_commit};
use super::cache::Cache;
use super::ledger::{Ledger, Own, names};
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
    /// Checkpoints in use here, by repository and mark, and how often. Files are linked and dropped while it is locked.
    in_use: Mutex<BTreeMap<(String, String), usize>>,
}

impl Space {
    pub(super) fn new(cache: Cache, ledger: Option<Ledger>, most: Option<u64>) -> Self {
        Self { cache, ledger, most, in_use: Mutex::default() }
    }

    pub(super) fn take(&self, pinned: &Pinned) {
        *self.lock().entry(place(pinned)).or_default() += 1;
    }

    /// Gives back what was taken; what is not to be kept goes.
    pub(super) fn give_back(&self, pinned: &Pinned, keep: bool) {
        let mut in_use = self.lock();
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
        let _in_use = self.lock();
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

    fn blob(&self, own: &Own) -> PathBuf {
        self.cache.repo(&own.folder).join("blobs").join(&own.digits)
    }

    fn bytes(&self, own: &Own) -> u64 {
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

    /// Lets everything go that the run has fetched and nobody uses, but for what is to be kept, and what has come of those that are
    /// `wanted` still and not whole.
    pub(super) fn let_go(&self, kept: &[Pinned], wanted: &[Pinned]) {
        let is_whole =
            |own: &Pinned| self.ledger.as_ref().is_some_and(|ledger| ledger.is_whole(&own.repo.folder(), &own.mark()));
        let spared: Vec<&Pinned> = kept.iter().chain(wanted.iter().filter(|own| !is_whole(own))).collect();
        spared.iter().for_each(|pinned| self.take(pinned));
        while self.let_go_one(&BTreeSet::new()) {}
        spared.iter().for_each(|pinned| self.give_back(pinned, true));
    }

    /// Whether something has come of a checkpoint.
    pub(super) fn has_begun(&self, pinned: &Pinned) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let (folder, mark) = place(pinned);
        let is_own = |own: &Own| own.folder == folder && ledger.begun_for(own) == mark && self.bytes(own) > 0;
        ledger.all().iter().any(is_own)
    }

    /// Lets one checkpoint go that is not in use, or a file that belongs to none; false where there is nothing of that kind. What was
    /// only begun goes first.
    fn let_go_one(&self, spare: &BTreeSet<Own>) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let in_use = self.lock();
        let free = ledger.checkpoints().into_iter().filter(|place| !in_use.contains_key(place));
        let (whole, begun): (Vec<_>, Vec<_>) = free.partition(|(folder, mark)| ledger.is_whole(folder, mark));
        let goes = |places: &[(String, String)]| places.iter().any(|(folder, mark)| self.drop_checkpoint(folder, mark));
        let is_orphan = |own: &Own| {
            let is_used = in_use.contains_key(&(own.folder.clone(), ledger.begun_for(own)));
            !is_used && !spare.contains(own) && self.links(&own.folder, &own.digits).is_empty()
        };
        goes(&begun)
            || ledger.all().iter().filter(|own| is_orphan(own)).any(|own| self.drop_orphan(ledger, own))
            || goes(&whole)
    }

    /// Drops what the run has fetched of a checkpoint, unless another program uses it; whether anything went.
    fn drop_checkpoint(&self, folder: &str, mark: &str) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let ours = ledger.commits(folder);
        if !ours.iter().any(|known| known == mark) {
            return false;
        }
        let Ok(Some(lock)) = Lock::try_exclusive(&self.in_use_elsewhere(folder, mark)) else { return false };
        let snapshots = self.cache.repo(folder).join("snapshots");
        let snapshot_of = |mark: &str| snapshots.join(mark.get(..COMMIT_DIGITS).unwrap_or(mark));
        let snapshot = snapshot_of(mark);
        if self.cache.is_kept_for_good(folder, mark) {
            return leave(ledger, folder, mark, &snapshot);
        }
        let links_of = |mark: &String| {
            let snapshot = snapshot_of(mark);
            ledger.links(folder, mark).into_iter().map(move |path| snapshot.join(path))
        };
        let own_links: BTreeSet<PathBuf> = ours.iter().flat_map(links_of).collect();
        for link in ledger.links(folder, mark).iter().map(|path| snapshot.join(path)) {
            let blob = fs_err::read_link(&link).ok();
            drop(fs_err::remove_file(&link));
            remove_empty(&link, &snapshots);
            let Some(digits) = blob.as_deref().and_then(Path::file_name) else { continue };
            let own = Own { folder: folder.into(), digits: digits.to_string_lossy().into_owned() };
            if !ledger.holds(&own) {
                continue; // it was there before
            }
            let others = self.links(folder, &own.digits);
            if others.is_empty() {
                self.drop_blob(ledger, &own);
            } else if !others.iter().any(|link| own_links.contains(link)) {
                ledger.forget(&own); // others have begun to use it: it is theirs now
            }
        }
        let revision = ledger.forget_commit(folder, mark);
        drop(lock);
        let begun = ledger.all().into_iter().filter(|own| own.folder == folder && ledger.begun_for(own) == mark);
        for own in begun.filter(|own| self.links(folder, &own.digits).is_empty()) {
            self.drop_orphan(ledger, &own);
        }
        let is_gone = fs_err::remove_dir(&snapshot).is_ok() || !snapshot.exists();
        if let Some(revision) = revision.filter(|_| is_gone) {
            let note = self.cache.reference(folder, &revision);
            if fs_err::read_to_string(&note).is_ok_and(|text| is_commit(text.trim()) && mark.starts_with(text.trim())) {
                drop(fs_err::remove_file(note));
            }
        }
        true
    }

    /// Drops a blob that no file is, unless another program is fetching the checkpoint that it was begun for; whether it went.
    fn drop_orphan(&self, ledger: &Ledger, own: &Own) -> bool {
        let begun_for = self.in_use_elsewhere(&own.folder, &ledger.begun_for(own));
        matches!(Lock::try_exclusive(&begun_for), Ok(Some(_))) && self.drop_blob(ledger, own)
    }

    /// The file whose lock is shared by those who use a checkpoint.
    pub(super) fn in_use_elsewhere(&self, folder: &str, mark: &str) -> PathBuf {
        self.cache.lock_file(folder, &format!("{mark}.spyglass"))
    }

    /// Drops a blob and what came of it, unless another program is fetching it just now; whether it went.
    fn drop_blob(&self, ledger: &Ledger, own: &Own) -> bool {
        let Ok(Some(_lock)) = Lock::try_exclusive(&self.cache.lock_file(&own.folder, &own.digits)) else {
            return false;
        };
        let is_gone = |path: PathBuf| fs_err::remove_file(&path).is_ok() || !path.exists();
        let went = is_gone(self.blob(own)) & is_gone(self.partial(own));
        if went {
            ledger.forget(own);
        }
        went
    }

    /// The files of all revisions that are a blob.
    fn links(&self, folder: &str, digits: &str) -> Vec<PathBuf> {
        let mut todo = vec![self.cache.repo(folder).join("snapshots")];
        let mut found = Vec::new();
        while let Some(at) = todo.pop() {
            for path in names(&at).iter().map(|name| at.join(name)) {
                let is_it = |to: PathBuf| to.file_name().is_some_and(|name| name == digits);
                if path.is_dir() && !path.is_symlink() {
                    todo.push(path);
                } else if fs_err::read_link(&path).is_ok_and(is_it) {
                    found.push(path);
                }
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), usize>> {
        self.in_use.lock().expect("no thread panics while it holds the lock")
    }
}

/// Removes the folders that are left empty between a file that is gone and the folder of all snapshots.
fn remove_empty(file: &Path, snapshots: &Path) {
    let above = file.ancestors().skip(1).take_while(|folder| *folder != snapshots);
    for folder in above {
        if fs_err::remove_dir(folder).is_err() {
            return; // others lie in it
        }
    }
}

/// Forgets that a checkpoint was fetched here: somebody has asked for it to stay.
fn leave(ledger: &Ledger, folder: &str, mark: &str, snapshot: &Path) -> bool {
    for path in ledger.links(folder, mark) {
        let blob = fs_err::read_link(snapshot.join(path)).ok();
        if let Some(digits) = blob.as_deref().and_then(Path::file_name) {
            ledger.forget(&Own { folder: folder.into(), digits: digits.to_string_lossy().into_owned() });
        }
    }
    ledger.forget_commit(folder, mark);
    true
}

fn place(pinned: &Pinned) -> (String, String) {
    (pinned.repo.folder(), pinned.mark())
}

/// The file as the ledger knows it.
pub(super) fn own(repo: &Repo, file: &RemoteFile) -> Own {
    Own { folder: repo.folder(), digits: file.checksum.digits().into() }
}
