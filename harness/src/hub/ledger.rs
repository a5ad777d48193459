//! Which files of the cache a run has fetched itself: the only ones that it ever deletes.
//!
//! `results/.hub/<cache>/<repository>/{blobs,commits,links}/<name>` is written before a file is begun, so that it holds after a kill at any
//! instant. What it says is of one cache alone: in another one the same files are others'.

use std::path::{Component, Path, PathBuf};

use super::address::{Pinned, encoded};
use crate::Result;
use crate::results::write_whole;

/// Which files of the cache a run has fetched itself.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    root: PathBuf,
}

/// A blob in the cache that a run has fetched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Own {
    /// Its repository, as the cache calls it.
    pub(super) folder: String,
    /// Its checksum.
    pub(super) digits: String,
}

impl Ledger {
    pub(super) fn new(results: &Path, cache: &Path) -> Self {
        Self { root: results.join(".hub").join(mark(cache)) }
    }

    fn file(&self, folder: &str, kind: &str, name: &str) -> PathBuf {
        self.root.join(folder).join(kind).join(name)
    }

    fn note(&self, folder: &str, kind: &str, name: &str, text: &str) -> Result<()> {
        let file = self.file(folder, kind, name);
        fs_err::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        write_whole(&file, text.as_bytes())
    }

    /// A blob is about to be fetched.
    pub(super) fn begin(&self, own: &Own) -> Result<()> {
        self.note(&own.folder, "blobs", &own.digits, "")
    }

    pub(super) fn holds(&self, own: &Own) -> bool {
        self.file(&own.folder, "blobs", &own.digits).exists()
    }

    pub(super) fn forget(&self, own: &Own) {
        drop(fs_err::remove_file(self.file(&own.folder, "blobs", &own.digits)));
    }

    /// A commit is about to be fetched, `revision` being noted in the cache for it; nothing where it was noted there before.
    pub(super) fn begin_commit(&self, pinned: &Pinned, revision: &str) -> Result<()> {
        let folder = pinned.repo.folder();
        if self.file(&folder, "commits", &pinned.commit).exists() {
            return Ok(());
        }
        self.note(&folder, "commits", &pinned.commit, revision)
    }

    /// The commits of a repository that the run has fetched something of.
    pub(super) fn commits(&self, folder: &str) -> Vec<String> {
        names(&self.root.join(folder).join("commits"))
    }

    /// A file of a commit is about to be linked to its blob.
    pub(super) fn begin_link(&self, pinned: &Pinned, path: &str) -> Result<()> {
        let kind = format!("links/{}", pinned.commit);
        self.note(&pinned.repo.folder(), &kind, &encoded(path, ""), path)
    }

    /// The files of a commit that the run has linked.
    pub(super) fn links(&self, folder: &str, commit: &str) -> Vec<String> {
        let kind = format!("links/{commit}");
        let names = names(&self.root.join(folder).join(&kind)).into_iter();
        let paths = names.filter_map(|name| fs_err::read_to_string(self.file(folder, &kind, &name)).ok());
        // a results folder may come from anywhere: nothing outside the snapshot is meant
        paths.filter(|path| is_below(path)).collect()
    }

    /// Whether the run has let everything go that it has fetched.
    pub(super) fn is_empty(&self) -> bool {
        self.all().is_empty() && self.folders().iter().all(|folder| self.commits(folder).is_empty())
    }

    /// The repositories that the run has fetched something of.
    pub(super) fn folders(&self) -> Vec<String> {
        names(&self.root)
    }

    /// Forgets a commit; the revision that was noted for it.
    pub(super) fn forget_commit(&self, folder: &str, commit: &str) -> Option<String> {
        let file = self.file(folder, "commits", commit);
        let revision = fs_err::read_to_string(&file).ok().filter(|revision| !revision.is_empty());
        drop(fs_err::remove_dir_all(self.root.join(folder).join("links").join(commit)));
        drop(fs_err::remove_file(file));
        revision
    }

    /// All blobs that the run has fetched or begun.
    pub(super) fn all(&self) -> Vec<Own> {
        let blobs = |folder: String| {
            let digits = names(&self.root.join(&folder).join("blobs"));
            digits.into_iter().map(move |digits| Own { folder: folder.clone(), digits })
        };
        names(&self.root).into_iter().flat_map(blobs).collect()
    }
}

/// Tells one cache from another, here or on another machine.
fn mark(cache: &Path) -> String {
    let place = fs_err::canonicalize(cache).unwrap_or_else(|_| cache.into());
    #[cfg(unix)]
    let node = fs_err::metadata(cache).map_or(0, |at| std::os::unix::fs::MetadataExt::ino(&at));
    #[cfg(not(unix))]
    let node = 0;
    blake3::hash(format!("{}\0{node}", place.display()).as_bytes()).to_hex()[..16].to_owned()
}

/// Whether a path leads into the folder that it is joined to, and nowhere else.
pub(super) fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// The names in a folder, in order; none where it is not there. What is being written is passed over.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Repo;

    #[test]
    fn it_speaks_of_its_own_cache_and_of_nothing_outside_a_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let caches = ["a", "b"].map(|name| folder.path().join(name));
        caches.iter().for_each(|cache| fs_err::create_dir(cache).unwrap());
        let ledger = Ledger::new(folder.path(), &caches[0]);
        let (repo, commit) = (Repo::model("tiny/mix").unwrap(), "0".repeat(40));
        let pinned = Pinned { repo, revision: "step1".into(), commit: commit.clone() };
        ledger.begin_commit(&pinned, "step1").unwrap();
        for path in ["config.json", "a/b.bin", "../../foreign", "/etc/hosts", "a/../../b"] {
            ledger.begin_link(&pinned, path).unwrap();
        }
        assert_eq!(ledger.links("models--tiny--mix", &commit), ["a/b.bin", "config.json"]);
        let again = |cache: &Path| Ledger::new(folder.path(), cache).is_empty();
        assert!(!again(&caches[0]) && again(&caches[1]), "what another cache holds is others'");
    }
}
