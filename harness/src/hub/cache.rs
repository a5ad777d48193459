//! The hub's cache on disk, as its own tools lay it out, so that they and we share what is fetched:
//! `models--org--name/{refs/<revision>, blobs/<checksum>, snapshots/<commit>/<path> → blob}`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::address::{Repo, is_commit};
use super::checksum::Checksum;
use super::download::not_written;
use super::ledger::names;
use super::listing::Revision;
use super::pinned::Pinned;
use crate::Result;

/// How the names of our files end that are not whole yet; the hub's own tools call theirs otherwise.
pub(super) const INCOMPLETE: &str = ".spyglass.incomplete";

/// The hub's cache.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder of a repository, by its name in the cache.
    pub(super) fn repo(&self, folder: &str) -> PathBuf {
        self.root.join(folder)
    }

    /// Where a file's bytes lie.
    pub(super) fn blob(&self, repo: &Repo, checksum: &Checksum) -> PathBuf {
        self.repo(&repo.folder()).join("blobs").join(checksum.digits())
    }

    /// The folder of a revision.
    pub(crate) fn snapshot(&self, repo: &Repo, commit: &str) -> PathBuf {
        self.repo(&repo.folder()).join("snapshots").join(commit)
    }

    /// The file that stands for a lock, where the hub's own tools look for it.
    pub(super) fn lock_file(&self, folder: &str, name: &str) -> PathBuf {
        self.root.join(".locks").join(folder).join(format!("{name}.lock"))
    }

    fn kept_file(&self, folder: &str, mark: &str) -> PathBuf {
        self.root.join(".locks").join(folder).join(format!("{mark}.spyglass.kept"))
    }

    /// Notes that a checkpoint was asked for by itself: no run that has fetched of it deletes it.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub(super) fn keep_for_good(&self, pinned: &Pinned) -> Result<()> {
        let mark = self.kept_file(&pinned.repo.folder(), &pinned.mark());
        fs_err::write(&mark, "").map_err(|error| not_written(&mark, &error))
    }

    /// Whether a checkpoint was asked for by itself.
    pub(super) fn is_kept_for_good(&self, folder: &str, mark: &str) -> bool {
        self.kept_file(folder, mark).exists()
    }

    /// The folder of a checkpoint: what is read.
    pub(crate) fn checkpoint(&self, pinned: &Pinned) -> PathBuf {
        let snapshot = self.snapshot(&pinned.repo, &pinned.commit);
        if pinned.folder.is_empty() { snapshot } else { snapshot.join(&pinned.folder) }
    }

    /// Makes the folders of a repository.
    pub(super) fn prepare(&self, repo: &Repo) -> Result<()> {
        for folder in ["blobs", "snapshots", "refs"].map(|name| self.repo(&repo.folder()).join(name)) {
            fs_err::create_dir_all(&folder).map_err(|error| not_written(&folder, &error))?;
        }
        Ok(())
    }

    /// Lets `path` of a revision be the blob of that checksum; false on a disk without links.
    pub(super) fn link(&self, repo: &Repo, commit: &str, path: &str, checksum: &Checksum) -> Result<bool> {
        let place = self.snapshot(repo, commit).join(path);
        if fs_err::metadata(&place).is_ok() {
            return Ok(true);
        }
        let folder = place.parent().unwrap_or(Path::new("")).to_path_buf();
        fs_err::create_dir_all(&folder).map_err(|error| not_written(&folder, &error))?;
        if place.is_symlink() {
            fs_err::remove_file(&place)?; // it leads nowhere
        }
        #[cfg(unix)]
        let made = {
            let up = "../".repeat(path.matches('/').count() + 2);
            fs_err::os::unix::fs::symlink(format!("{up}blobs/{}", checksum.digits()), &place)
        };
        #[cfg(not(unix))]
        let made = fs_err::hard_link(self.blob(repo, checksum), &place);
        Ok(made.is_ok() || place.exists()) // another program was faster
    }

    /// Copies the blob of that checksum, which does as well as a link where a disk has none; the copy lies beside it until it is put where
    /// it belongs. `None` where the blob goes meanwhile.
    pub(super) fn copy(&self, repo: &Repo, checksum: &Checksum) -> Result<Option<PathBuf>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (blob, number) = (self.blob(repo, checksum), NEXT.fetch_add(1, Ordering::Relaxed));
        let name = format!("{}.{}-{number}{INCOMPLETE}", checksum.digits(), std::process::id());
        let aside = blob.with_file_name(name);
        match fs_err::copy(&blob, &aside) {
            Ok(_) => Ok(Some(aside)),
            Err(error) => {
                drop(fs_err::remove_file(&aside));
                if blob.exists() { Err(not_written(&aside, &error)) } else { Ok(None) }
            }
        }
    }

    /// Lets `path` of a revision be a copy that lies aside; false where the copy is gone: on a disk without locks another program may take it
    /// for one that was left behind.
    pub(super) fn put(&self, repo: &Repo, commit: &str, path: &str, aside: &Path) -> Result<bool> {
        let place = self.snapshot(repo, commit).join(path);
        let folder = place.parent().unwrap_or(Path::new(""));
        // another sweep has removed it if it was empty
        let put = fs_err::create_dir_all(folder).and_then(|()| fs_err::rename(aside, &place));
        let Err(error) = put else { return Ok(true) };
        let was_there = fs_err::remove_file(aside).is_ok();
        if place.exists() {
            return Ok(true); // another program was faster
        }
        if was_there { Err(not_written(&place, &error)) } else { Ok(false) }
    }

    /// Copies of a blob that lie aside: being made, or left behind by who was killed meanwhile.
    pub(super) fn copies(&self, folder: &str, digits: &str) -> Vec<PathBuf> {
        let (blobs, begin) = (self.repo(folder).join("blobs"), format!("{digits}."));
        let whole_name = format!("{digits}{INCOMPLETE}"); // a download's
        let mut names = names(&blobs);
        names.retain(|name| name.starts_with(&begin) && name.ends_with(INCOMPLETE) && *name != whole_name);
        names.iter().map(|name| blobs.join(name)).collect()
    }

    /// The file that says which commit a revision was when it was last looked at.
    pub(super) fn reference(&self, folder: &str, revision: &str) -> PathBuf {
        self.repo(folder).join("refs").join(revision)
    }

    /// Whether it is noted that a revision is this commit.
    pub(super) fn is_noted(&self, pinned: &Pinned) -> bool {
        let file = self.reference(&pinned.repo.folder(), &pinned.revision);
        fs_err::read_to_string(&file).is_ok_and(|known| known.trim() == pinned.commit)
    }

    /// Notes which commit a revision is, in one write as the hub's own tools do: a name aside would lie there for good after a kill.
    pub(super) fn note_revision(&self, pinned: &Pinned) -> Result<()> {
        let file = self.reference(&pinned.repo.folder(), &pinned.revision);
        fs_err::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        fs_err::write(&file, &pinned.commit).map_err(|error| not_written(&file, &error))
    }

    /// The revisions that are noted here: all there is to know without a network.
    pub(crate) fn revisions(&self, repo: &Repo) -> Vec<Revision> {
        let root = self.repo(&repo.folder()).join("refs");
        let (mut todo, mut found) = (vec![root.clone()], Vec::new());
        while let Some(folder) = todo.pop() {
            for path in fs_err::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    todo.push(path);
                } else if let (Ok(name), Ok(text)) = (path.strip_prefix(&root), fs_err::read_to_string(&path)) {
                    let commit = text.trim().to_owned();
                    let name =
                        name.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                    found.extend(is_commit(&commit).then_some(Revision { name, commit }));
                }
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }
}
