//! How much of the cache a run may take, and what goes when it is no longer needed: never what others have put there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::address::{Pinned, Repo};
use super::cache::Cache;
use super::ledger::{Ledger, Own, names};
use super::listing::RemoteFile;
use super::lock::Lock;
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
    /// Commits in use here, by repository and commit, and how often. Files are linked and dropped while it is locked.
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
            let place = self.cache.snapshot(&pinned.repo, &pinned.commit).join(&file.path);
            if let Some(ledger) = self.ledger.as_ref().filter(|_| !place.exists()) {
                ledger.begin_link(pinned, &file.path)?;
            }
            self.cache.link(&pinned.repo, &pinned.commit, &file.path, &file.checksum)?;
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

    /// Waits until there is room for these files beside those in use, and lets go what is not in use; false where it was stopped
    /// meanwhile.
    ///
    /// # Errors
    /// They need more than there may be.
    pub(super) fn make_room(&self, repo: &Repo, files: &[&RemoteFile], talk: Talk<'_>) -> Result<bool> {
        let (Some(most), Some(ledger)) = (self.most, &self.ledger) else { return Ok(true) };
        // What others have put there takes no room of ours.
        let is_ours =
            |file: &&&RemoteFile| ledger.holds(&own(repo, file)) || !self.cache.blob(repo, &file.checksum).exists();
        let wanted: BTreeMap<Own, u64> =
            files.iter().filter(is_ours).map(|file| (own(repo, file), file.size)).collect();
        let size = wanted.values().sum::<u64>();
        let wanted: BTreeSet<Own> = wanted.into_keys().collect();
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
        loop {
            let others: u64 = ledger.all().iter().filter(|own| !wanted.contains(own)).map(|own| self.bytes(own)).sum();
            if others + size <= most {
                return Ok(true);
            }
            if self.let_go_one(&wanted) {
                continue;
            }
            if talk.sleep(LOOK_AGAIN) {
                return Ok(false);
            }
        }
    }

    /// Lets everything go that the run has fetched and nobody uses, but for what is to be kept.
    pub(super) fn let_go(&self, kept: &[Pinned]) {
        kept.iter().for_each(|pinned| self.take(pinned));
        while self.let_go_one(&BTreeSet::new()) {}
        kept.iter().for_each(|pinned| self.give_back(pinned, true));
    }

    /// Lets one checkpoint go that is not in use, or a file that belongs to none; false where there is nothing of that kind.
    fn let_go_one(&self, spare: &BTreeSet<Own>) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let in_use = self.lock();
        let all = ledger.all();
        for folder in &ledger.folders() {
            for commit in ledger.commits(folder) {
                let is_used = in_use.contains_key(&(folder.clone(), commit.clone()));
                if !is_used && self.drop_checkpoint(folder, &commit) {
                    return true;
                }
            }
        }
        let orphans = all.iter().filter(|own| !spare.contains(own) && self.links(&own.folder, &own.digits).is_empty());
        orphans.into_iter().any(|own| self.drop_blob(ledger, own))
    }

    /// Drops what the run has fetched of a checkpoint, unless another program uses it; whether anything went.
    fn drop_checkpoint(&self, folder: &str, commit: &str) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let ours = ledger.commits(folder);
        if !ours.iter().any(|known| known == commit) {
            return false;
        }
        let lock = Lock::try_exclusive(&self.cache.lock_file(folder, &format!("{commit}.spyglass")));
        let Ok(Some(_lock)) = lock else { return false };
        let snapshot = self.cache.repo(folder).join("snapshots").join(commit);
        if self.cache.is_kept_for_good(folder, commit) {
            return leave(ledger, folder, commit, &snapshot);
        }
        for link in ledger.links(folder, commit).iter().map(|path| snapshot.join(path)) {
            let blob = fs_err::read_link(&link).ok();
            drop(fs_err::remove_file(&link));
            let Some(digits) = blob.as_deref().and_then(Path::file_name) else { continue };
            let own = Own { folder: folder.into(), digits: digits.to_string_lossy().into_owned() };
            if !ledger.holds(&own) {
                continue; // it was there before
            }
            let others = self.links(folder, &own.digits);
            let is_ours = |link: &PathBuf| {
                ours.iter().any(|commit| link.components().any(|part| part.as_os_str() == commit.as_str()))
            };
            if others.is_empty() {
                self.drop_blob(ledger, &own);
            } else if !others.iter().any(is_ours) {
                ledger.forget(&own); // others have begun to use it: it is theirs now
            }
        }
        let revision = ledger.forget_commit(folder, commit);
        let is_gone = fs_err::remove_dir(&snapshot).is_ok() || !snapshot.exists();
        if let Some(revision) = revision.filter(|_| is_gone) {
            let note = self.cache.reference(folder, &revision);
            if fs_err::read_to_string(&note).is_ok_and(|text| text.trim() == commit) {
                drop(fs_err::remove_file(note));
            }
        }
        true
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

/// Forgets that a checkpoint was fetched here: somebody has asked for it to stay.
fn leave(ledger: &Ledger, folder: &str, commit: &str, snapshot: &Path) -> bool {
    for path in ledger.links(folder, commit) {
        let blob = fs_err::read_link(snapshot.join(path)).ok();
        if let Some(digits) = blob.as_deref().and_then(Path::file_name) {
            ledger.forget(&Own { folder: folder.into(), digits: digits.to_string_lossy().into_owned() });
        }
    }
    ledger.forget_commit(folder, commit);
    true
}

fn place(pinned: &Pinned) -> (String, String) {
    (pinned.repo.folder(), pinned.commit.clone())
}

/// The file as the ledger knows it.
pub(super) fn own(repo: &Repo, file: &RemoteFile) -> Own {
    Own { folder: repo.folder(), digits: file.checksum.digits().into() }
}
