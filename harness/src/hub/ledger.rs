//! Which files of the cache a run has fetched itself: the only ones that it ever deletes.
//!
//! `results/.hub/<cache>/<repository>/{blobs,commits,links}/<name>` is written before a file is begun, so that it holds after a kill at any
//! instant; `whole/<name>` when a checkpoint has come. What it says is of one cache alone: in another one the same files are others'.
//! A checkpoint is noted by its commit, a folder of one by that and a hash of its name ([`Pinned::mark`]).

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::address::encoded;
use super::pinned::Pinned;
use crate::Result;
use crate::results::write_whole;

/// Which files of the cache a run has fetched itself.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    root: PathBuf,
}

/// A blob in the cache that a run has fetched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

    /// The folder in which sweeps tell each other what room they need.
    pub(super) fn rooms(&self) -> PathBuf {
        self.root.join(".rooms")
    }

    fn file(&self, folder: &str, kind: &str, name: &str) -> PathBuf {
        self.root.join(folder).join(kind).join(name)
    }

    fn note(&self, folder: &str, kind: &str, name: &str, text: &str) -> Result<()> {
        let file = self.file(folder, kind, name);
        fs_err::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        write_whole(&file, text.as_bytes())
    }

    /// A blob is about to be fetched for a checkpoint.
    pub(super) fn begin(&self, own: &Own, pinned: &Pinned) -> Result<()> {
        self.note(&own.folder, "blobs", &own.digits, &pinned.mark())
    }

    /// The mark of the checkpoint that a blob was fetched for.
    pub(super) fn begun_for(&self, own: &Own) -> String {
        fs_err::read_to_string(self.file(&own.folder, "blobs", &own.digits)).unwrap_or_default()
    }

    pub(super) fn holds(&self, own: &Own) -> bool {
        self.file(&own.folder, "blobs", &own.digits).exists()
    }

    pub(super) fn forget(&self, own: &Own) {
        drop(fs_err::remove_file(self.file(&own.folder, "blobs", &own.digits)));
    }

    /// A checkpoint is about to be fetched; `is_noted`: the cache knows its revision already. Where that is not so, or where it is for
    /// another folder of the commit that this run has fetched, the revision goes with the last of them.
    pub(super) fn begin_commit(&self, pinned: &Pinned, is_noted: bool) -> Result<()> {
        let (folder, mark) = (pinned.repo.folder(), pinned.mark());
        if self.file(&folder, "commits", &mark).exists() {
            return Ok(());
        }
        let told = |mark: &String| fs_err::read_to_string(self.file(&folder, "commits", mark)).unwrap_or_default();
        let marks = self.commits(&folder);
        let mut others = marks.iter().filter(|other| other.starts_with(&pinned.commit));
        let is_ours = !is_noted || others.any(|other| told(other) == pinned.revision);
        self.note(&folder, "commits", &mark, if is_ours { &pinned.revision } else { "" })
    }

    /// A checkpoint has come.
    pub(super) fn finish(&self, pinned: &Pinned) -> Result<()> {
        self.note(&pinned.repo.folder(), "whole", &pinned.mark(), "")
    }

    /// Whether all of a checkpoint has come.
    pub(super) fn is_whole(&self, folder: &str, mark: &str) -> bool {
        self.file(folder, "whole", mark).exists()
    }

    /// The checkpoints of a repository that the run has fetched something of, by their marks.
    pub(super) fn commits(&self, folder: &str) -> Vec<String> {
        names(&self.root.join(folder).join("commits"))
    }

    /// Those of all repositories, each with its own.
    pub(super) fn checkpoints(&self) -> Vec<(String, String)> {
        let of = |folder: String| self.commits(&folder).into_iter().map(move |mark| (folder.clone(), mark));
        names(&self.root).into_iter().flat_map(of).collect()
    }

    /// A file of a checkpoint is about to be linked to its blob; `path` is that in the repository.
    pub(super) fn begin_link(&self, pinned: &Pinned, path: &str) -> Result<()> {
        let kind = format!("links/{}", pinned.mark());
        self.note(&pinned.repo.folder(), &kind, &encoded(path, ""), path)
    }

    /// The files of a checkpoint that the run has linked, by their paths in the repository.
    pub(super) fn links(&self, folder: &str, mark: &str) -> Vec<String> {
        let kind = format!("links/{mark}");
        let names = names(&self.root.join(folder).join(&kind)).into_iter();
        let paths = names.filter_map(|name| fs_err::read_to_string(self.file(folder, &kind, &name)).ok());
        // a results folder may come from anywhere: nothing outside the snapshot is meant
        paths.filter(|path| is_below(path)).collect()
    }

    /// Whether the run has let everything go that it has fetched.
    pub(super) fn is_empty(&self) -> bool {
        self.all().is_empty() && self.checkpoints().is_empty()
    }

    /// The revision that was noted for a checkpoint and goes with it.
    pub(super) fn revision(&self, folder: &str, mark: &str) -> Option<String> {
        let file = self.file(folder, "commits", mark);
        fs_err::read_to_string(file).ok().filter(|revision| is_below(revision))
    }

    /// Forgets a checkpoint: itself last, so that who is killed meanwhile forgets it again.
    pub(super) fn forget_commit(&self, folder: &str, mark: &str) {
        drop(fs_err::remove_dir_all(self.root.join(folder).join("links").join(mark)));
        for kind in ["whole", "commits"] {
            drop(fs_err::remove_file(self.file(folder, kind, mark)));
        }
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
        let pinned = Pinned { repo, revision: "step1".into(), commit: commit.clone(), folder: String::new() };
        ledger.begin_commit(&pinned, false).unwrap();
        for path in ["config.json", "a/b.bin", "../../foreign", "/etc/hosts", "a/../../b"] {
            ledger.begin_link(&pinned, path).unwrap();
        }
        assert_eq!(ledger.links("models--tiny--mix", &commit), ["a/b.bin", "config.json"]);
        let again = |cache: &Path| Ledger::new(folder.path(), cache).is_empty();
        assert!(!again(&caches[0]) && again(&caches[1]), "what another cache holds is others'");
        // Folders of one commit go one by one, and its revision with the last of them.
        let folders = ["a", "b"].map(|name| Pinned { folder: name.into(), commit: "1".repeat(40), ..pinned.clone() });
        ledger.begin_commit(&folders[0], false).unwrap();
        ledger.begin_commit(&folders[1], true).unwrap();
        ledger.finish(&folders[1]).unwrap();
        let whole = folders.iter().map(|own| ledger.is_whole("models--tiny--mix", &own.mark()));
        assert_eq!(whole.collect::<Vec<_>>(), [false, true]);
        for own in &folders {
            assert_eq!(ledger.revision("models--tiny--mix", &own.mark()).as_deref(), Some("step1"));
            ledger.forget_commit("models--tiny--mix", &own.mark());
        }
    }
}
