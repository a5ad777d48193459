//! What a run lets go of the cache: what it has fetched itself and nobody uses any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::address::{COMMIT_DIGITS, is_commit};
use super::ledger::{Ledger, Own, names};
use super::lock::Lock;
use super::pinned::Pinned;
use super::space::Space;

impl Space {
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

    /// Lets one checkpoint go that is not in use, or a file that belongs to none; false where there is nothing of that kind. What was
    /// only begun goes first.
    pub(super) fn let_go_one(&self, spare: &BTreeSet<Own>) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let (in_use, _turn) = self.alone();
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
    pub(super) fn drop_checkpoint(&self, folder: &str, mark: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hub::Repo;
    use crate::hub::cache::Cache;
    use crate::hub::checksum::Checksum;
    use crate::hub::listing::RemoteFile;
    use crate::hub::space::own;
    use crate::hub::wait::Talk;

    /// Checkpoints that come and go in two sweeps at once, all of the same files: whoever is last takes it along.
    #[test]
    fn what_two_sweeps_have_in_common_goes_with_the_last_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let (results, cache) = (folder.path().join("results"), folder.path().join("cache"));
        fs_err::create_dir(&cache).unwrap();
        let repo = Repo::model("tiny/mix").unwrap();
        let space = || Space::new(Cache::new(cache.clone()), Some(Ledger::new(&results, &cache)), None);
        let checkpoint = |number: usize| {
            let (commit, revision) = (format!("{number:040}"), format!("step{number}"));
            Pinned { repo: repo.clone(), revision, commit, folder: String::new() }
        };
        let file = |index: usize| {
            let checksum = Checksum::sha256(&index.to_string().repeat(64)).unwrap();
            RemoteFile { path: format!("file{index}"), size: 0, checksum }
        };
        let files: Vec<RemoteFile> = (0..9).map(file).collect();
        let come_and_go = &|first: usize| {
            let space = space();
            let ledger = space.ledger.as_ref().unwrap();
            for number in (first..100).step_by(2) {
                let pinned = checkpoint(number);
                let place = space.in_use_elsewhere(&repo.folder(), &pinned.mark());
                let lock = Lock::shared(&place, Talk::ALONE).unwrap();
                space.take(&pinned);
                space.cache.prepare(&repo).unwrap();
                ledger.begin_commit(&pinned, false).unwrap();
                for file in &files {
                    while !space.link(&pinned, file).unwrap() {
                        let own = own(&repo, file);
                        let fetching = space.cache.lock_file(&own.folder, &own.digits);
                        let Some(_lock) = Lock::try_exclusive(&fetching).unwrap() else { continue };
                        if !space.blob(&own).exists() {
                            ledger.begin(&own, &pinned).unwrap();
                            fs_err::write(space.blob(&own), "").unwrap();
                        }
                    }
                }
                // now one is ahead, now the other
                std::thread::sleep(Duration::from_micros(number as u64 * 37 % 11 * 400));
                drop(lock);
                space.give_back(&pinned, false);
            }
        };
        std::thread::scope(|scope| {
            [0, 1].into_iter().for_each(|first| drop(scope.spawn(move || come_and_go(first))));
        });
        space().let_go(&[], &[]);
        let repo = cache.join(repo.folder());
        assert_eq!((names(&repo.join("blobs")), names(&repo.join("snapshots"))), (vec![], vec![]));
        assert!(Ledger::new(&results, &cache).is_empty());
    }
}
