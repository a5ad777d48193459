//! What a run lets go of the cache: what it has fetched itself and nobody uses any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::address::COMMIT_DIGITS;
use super::ledger::{Ledger, Own, names};
use super::lock::Lock;
use super::pinned::Pinned;
use super::space::{Space, Turn};

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
        let in_use = self.lock();
        let free = ledger.checkpoints().into_iter().filter(|place| !in_use.contains_key(place));
        let (whole, begun): (Vec<_>, Vec<_>) = free.partition(|(folder, mark)| ledger.is_whole(folder, mark));
        let goes = |places: &[(String, String)]| {
            let mut places = places.iter();
            places.any(|(folder, mark)| {
                self.own_turn(folder).is_some_and(|turn| self.drop_checkpoint(folder, mark, &turn))
            })
        };
        let orphan_goes = |own: &Own| {
            let Some(_turn) = self.own_turn(&own.folder) else { return false };
            let is_used = in_use.contains_key(&(own.folder.clone(), ledger.begun_for(own)));
            !is_used && self.links(&own.folder, &own.digits).is_empty() && self.drop_orphan(ledger, own)
        };
        goes(&begun) || ledger.all().iter().filter(|own| !spare.contains(*own)).any(orphan_goes) || goes(&whole)
    }

    /// Drops what the run has fetched of a checkpoint, unless another program uses it; whether anything went. It is the `turn` of who asks.
    pub(super) fn drop_checkpoint(&self, folder: &str, mark: &str, _turn: &Turn) -> bool {
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
        let is_gone = fs_err::remove_dir(&snapshot).is_ok() || !snapshot.exists();
        if let Some(revision) = ledger.revision(folder, mark).filter(|_| is_gone) {
            let note = self.cache.reference(folder, &revision);
            // who was killed while it was written has left the beginning of it
            if fs_err::read_to_string(&note).is_ok_and(|text| mark.starts_with(text.trim())) {
                drop(fs_err::remove_file(note));
            }
        }
        ledger.forget_commit(folder, mark); // last: who is killed before that is here again
        drop(lock);
        let begun = ledger.all().into_iter().filter(|own| own.folder == folder && ledger.begun_for(own) == mark);
        for own in begun.filter(|own| self.links(folder, &own.digits).is_empty()) {
            self.drop_orphan(ledger, &own);
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
        self.drop_copies(own);
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
    use crate::hub::space::{Linked, own};
    use crate::hub::wait::Talk;

    /// Checkpoints that come and go in two sweeps at once, all of the same files. What a sweep has linked is there as long as it holds it.
    fn come_and_go(results: [&Path; 2], cache: &Path) {
        fs_err::create_dir(cache).unwrap();
        let repo = &repo();
        let checkpoint = |number: usize| {
            let (commit, revision) = (format!("{number:040}"), format!("step{number}"));
            Pinned { repo: repo.clone(), revision, commit, folder: String::new() }
        };
        let file = |index: usize| {
            let checksum = Checksum::sha256(&index.to_string().repeat(64)).unwrap();
            RemoteFile { path: format!("file{index}"), size: 0, checksum }
        };
        let files: &Vec<RemoteFile> = &(0..9).map(file).collect();
        let one = &|first: usize| {
            let space = space(results[first], cache);
            let ledger = space.ledger.as_ref().unwrap();
            for number in (first..100).step_by(2) {
                let pinned = checkpoint(number);
                let place = space.in_use_elsewhere(&repo.folder(), &pinned.mark());
                let lock = Lock::shared(&place, Talk::ALONE).unwrap();
                space.take(&pinned);
                space.cache.prepare(repo).unwrap();
                ledger.begin_commit(&pinned, false).unwrap();
                for file in files {
                    while space.link(&pinned, file, Talk::ALONE).unwrap() != Linked::Here {
                        let own = own(repo, file);
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
                let snapshot = space.cache.checkpoint(&pinned);
                assert!(files.iter().all(|file| snapshot.join(&file.path).exists()), "{number}: what is held is there");
                drop(lock);
                space.give_back(&pinned, false);
            }
        };
        std::thread::scope(|scope| {
            [0, 1].into_iter().for_each(|first| drop(scope.spawn(move || one(first))));
        });
        results.into_iter().for_each(|results| space(results, cache).let_go(&[], &[]));
        assert_eq!(names(&cache.join(repo.folder()).join("snapshots")), Vec::<String>::new());
        assert!(results.into_iter().all(|results| Ledger::new(results, cache).is_empty()));
    }

    fn repo() -> Repo {
        Repo::model("tiny/mix").unwrap()
    }

    fn space(results: &Path, cache: &Path) -> Space {
        Space::new(Cache::new(cache.to_owned()), Some(Ledger::new(results, cache)), None)
    }

    #[test]
    fn what_two_sweeps_have_in_common_goes_with_the_last_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let (results, cache) = (folder.path().join("results"), folder.path().join("cache"));
        come_and_go([&results, &results], &cache);
        assert_eq!(names(&cache.join(repo().folder()).join("blobs")), Vec::<String>::new());
    }

    #[test]
    fn sweeps_on_two_results_folders_take_nothing_from_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let results = ["one", "other"].map(|name| folder.path().join(name));
        come_and_go([&results[0], &results[1]], &folder.path().join("cache"));
    }

    #[test]
    fn who_was_killed_while_it_let_go_leaves_nothing_that_the_next_does_not_find() {
        let (commit, revision) = ("1".repeat(40), "step1".to_owned());
        let pinned = Pinned { repo: repo(), revision, commit, folder: String::new() };
        let file = RemoteFile { path: "a".into(), size: 0, checksum: Checksum::sha256(&"a".repeat(64)).unwrap() };
        // what is gone already when it is killed: the file's place, its blob, the folder of the revision
        for steps in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            let (results, cache) = (folder.path().join("results"), folder.path().join("cache"));
            fs_err::create_dir(&cache).unwrap();
            let killed = space(&results, &cache);
            let (ledger, own) = (killed.ledger.as_ref().unwrap(), own(&pinned.repo, &file));
            killed.cache.prepare(&pinned.repo).unwrap();
            ledger.begin_commit(&pinned, false).unwrap();
            ledger.begin(&own, &pinned).unwrap();
            fs_err::write(killed.blob(&own), "").unwrap();
            assert_eq!(killed.link(&pinned, &file, Talk::ALONE).unwrap(), Linked::Here);
            killed.cache.note_revision(&pinned).unwrap();
            let note = killed.cache.reference(&own.folder, &pinned.revision);
            assert_eq!(fs_err::read_dir(note.parent().unwrap()).unwrap().count(), 1, "nothing lies beside a note");
            let snapshot = killed.cache.checkpoint(&pinned);
            let gone = [snapshot.join("a"), killed.blob(&own)];
            gone.iter().take(steps).for_each(|path| fs_err::remove_file(path).unwrap());
            if steps == 3 {
                fs_err::remove_dir(&snapshot).unwrap();
                fs_err::write(&note, "").unwrap(); // or it was killed while it wrote this
            }
            space(&results, &cache).let_go(&[], &[]);
            let left = ["snapshots", "blobs", "refs"].map(|kind| names(&cache.join(repo().folder()).join(kind)));
            assert_eq!(left, [const { Vec::<String>::new() }; 3], "{steps}");
            assert!(Ledger::new(&results, &cache).is_empty());
        }
    }

    /// Another program has its turn, and does not end: what was held stays, for a later run to let go.
    #[test]
    fn who_is_to_stop_waits_for_no_turn() {
        let folder = tempfile::tempdir().unwrap();
        let (results, cache) = (folder.path().join("results"), folder.path().join("cache"));
        fs_err::create_dir(&cache).unwrap();
        let (commit, revision) = ("1".repeat(40), "step1".to_owned());
        let pinned = Pinned { repo: repo(), revision, commit, folder: String::new() };
        let space = space(&results, &cache);
        space.ledger.as_ref().unwrap().begin_commit(&pinned, false).unwrap();
        space.take(&pinned);
        let turn = space.own_turn(&pinned.repo.folder()).unwrap();
        space.stop.raise();
        space.give_back(&pinned, false);
        assert!(!Ledger::new(&results, &cache).is_empty());
        let file = RemoteFile { path: "a".into(), size: 0, checksum: Checksum::sha256(&"a".repeat(64)).unwrap() };
        let stopped = Talk { tell: &|_| (), stop: &|| true };
        assert_eq!(space.link(&pinned, &file, stopped).unwrap(), Linked::Stopped);
        drop(turn);
        space.let_go(&[], &[]);
        assert!(Ledger::new(&results, &cache).is_empty());
    }
}
