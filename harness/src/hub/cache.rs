//! The hub's cache on disk, as its own tools lay it out, so that they and we share what is fetched:
//! `models--org--name/{refs/<revision>, blobs/<checksum>, snapshots/<commit>/<path> → blob}`.

use std::path::{Path, PathBuf};

use super::address::{Repo, is_commit};
use super::checksum::Checksum;
use super::download::not_written;
use super::listing::Revision;
use super::pinned::Pinned;
use crate::Result;
use crate::results::write_whole;

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

    /// Lets `path` of a revision be a copy of the blob of that checksum, which does as well where a disk has no links; false where the blob
    /// goes meanwhile.
    pub(super) fn copy(&self, repo: &Repo, commit: &str, path: &str, checksum: &Checksum) -> Result<bool> {
        let (blob, place) = (self.blob(repo, checksum), self.snapshot(repo, commit).join(path));
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let aside = place.with_file_name(format!(".{name}.{}.incomplete", std::process::id()));
        let copied = fs_err::copy(&blob, &aside).and_then(|_| fs_err::rename(&aside, &place));
        match copied {
            Ok(()) => Ok(true),
            Err(error) => {
                drop(fs_err::remove_file(&aside));
                if blob.exists() { Err(not_written(&place, &error)) } else { Ok(false) }
            }
        }
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

    /// Notes which commit a revision is.
    pub(super) fn note_revision(&self, pinned: &Pinned) -> Result<()> {
        let file = self.reference(&pinned.repo.folder(), &pinned.revision);
        fs_err::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        write_whole(&file, pinned.commit.as_bytes())
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
