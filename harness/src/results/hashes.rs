//! Content hashes of weight files, remembered by path, size, modification time and inode; of the hub's checkpoints by commit.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::tokenizers::Tokenizers;
use super::write_whole;
use crate::Result;
use crate::checkpoint::{Identity, tokenizer_files, tokenizer_hash};
use crate::progress::Interrupt;

const FILE: &str = ".hashes.jsonl";
const COMMITS: &str = ".commits.jsonl";
/// Bytes that are read and hashed at a time: as many as one core hashes fastest, and no more than fit its caches.
const PIECE: usize = 1 << 16;

/// What tells a file that was written anew from the one it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Stamp {
    path: PathBuf,
    pub(super) size: u64,
    modified_ns: u64,
    inode: u64,
}

/// A file as it was when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    #[serde(flatten)]
    stamp: Stamp,
    blake3: String,
}

/// blake3 hashes of files, kept in `results/.hashes.jsonl`.
#[derive(Debug)]
pub(crate) struct Hashes {
    file: PathBuf,
    known: Mutex<HashMap<PathBuf, Remembered>>,
    commits: Mutex<HashMap<String, Identity>>,
    tokenizers: Tokenizers,
    /// Ends the hashing of a large file.
    stop: Interrupt,
}

/// What a commit of the hub is by content.
#[derive(Debug, Serialize, Deserialize)]
struct KnownCommit {
    commit: String,
    #[serde(flatten)]
    identity: Identity,
}

impl Hashes {
    /// What is remembered of checkpoints' files, in a results folder.
    pub(super) const FILES: [&str; 3] = [FILE, COMMITS, super::tokenizers::FILE];

    /// Reads what is remembered under a results folder.
    pub(crate) fn open(results: &Path) -> Self {
        let file = results.join(FILE);
        let commits = fs_err::read_to_string(commits_file(&file)).unwrap_or_default();
        let commits = commits.lines().filter_map(|line| serde_json::from_str::<KnownCommit>(line).ok());
        Self {
            known: Mutex::new(kept(&file)),
            commits: Mutex::new(commits.map(|known| (known.commit, known.identity)).collect()),
            tokenizers: Tokenizers::open(results),
            file,
            stop: Interrupt::default(),
        }
    }

    /// The same, where what hashes ends as soon as `stop` says so.
    pub(crate) fn until(self, stop: Interrupt) -> Self {
        Self { stop, ..self }
    }

    /// What a commit of the hub is by content, if it was read before.
    pub(crate) fn of_commit(&self, commit: &str) -> Option<Identity> {
        self.commits.lock().expect("no thread panics while it holds the lock").get(commit).cloned()
    }

    /// Remembers what a commit of the hub is by content.
    ///
    /// # Errors
    /// The results folder cannot be written.
    pub(crate) fn remember_commit(&self, commit: &str, identity: &Identity) -> Result<()> {
        let known = KnownCommit { commit: commit.into(), identity: identity.clone() };
        // A line is added at once: another sweep may add one at the same time.
        let line = serde_json::to_string(&known).expect("plain data") + "\n";
        fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(commits_file(&self.file))?
            .write_all(line.as_bytes())?;
        self.commits.lock().expect("no thread panics while it holds the lock").insert(known.commit, known.identity);
        Ok(())
    }

    /// The hash, if the file has not changed since it was last hashed.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub(crate) fn remembered(&self, path: &Path) -> Result<Option<String>> {
        let now = Stamp::of(path)?;
        let known = self.known.lock().expect("no thread panics while it holds the lock");
        Ok(known.get(&now.path).filter(|known| known.stamp == now).map(|known| known.blake3.clone()))
    }

    /// The hash of a file, computed where it is not remembered; kept where there is a results folder.
    ///
    /// # Errors
    /// The file cannot be read; it was stopped meanwhile.
    pub(crate) fn of(&self, path: &Path) -> Result<String> {
        if let Some(hash) = self.remembered(path)? {
            return Ok(hash);
        }
        self.known.lock().expect("no thread panics while it holds the lock").extend(kept(&self.file));
        if let Some(hash) = self.remembered(path)? {
            return Ok(hash);
        }
        let stamp = Stamp::of(path)?;
        let blake3 = self.computed(path)?;
        let mut known = self.known.lock().expect("no thread panics while it holds the lock");
        // Other workers have hashed other files meanwhile.
        known.extend(kept(&self.file));
        known.insert(stamp.path.clone(), Remembered { stamp, blake3: blake3.clone() });
        if !self.file.parent().is_some_and(Path::is_dir) {
            return Ok(blake3); // nothing was swept yet, and this is no sweep
        }
        let mut lines: Vec<_> = known.values().collect();
        lines.sort_by(|a, b| a.stamp.path.cmp(&b.stamp.path));
        let text: String = lines.iter().map(|line| serde_json::to_string(line).expect("plain data") + "\n").collect();
        write_whole(&self.file, text.as_bytes())?;
        Ok(blake3)
    }

    fn computed(&self, path: &Path) -> Result<String> {
        let (mut file, mut hasher) = (fs_err::File::open(path)?, blake3::Hasher::new());
        let mut piece = vec![0; PIECE];
        loop {
            self.stop.go_on(|| format!("{} was hashed", path.display()))?;
            match file.read(&mut piece) {
                Ok(0) => return Ok(hasher.finalize().to_hex().to_string()),
                Ok(bytes) => {
                    hasher.update(&piece[..bytes]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The hash of the tokenizer in a folder, whose files are read where it is not remembered.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub(crate) fn of_tokenizer(&self, folder: &Path) -> Result<String> {
        self.tokenizers.hash(&tokenizer_files(folder), || tokenizer_hash(folder))
    }

    /// One hash over several files, in the order given.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn of_all(&self, paths: &[PathBuf]) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for path in paths {
            hasher.update(self.of(path)?.as_bytes());
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

/// What is remembered in a file; lines that cannot be read are forgotten, they cost only time.
fn kept(file: &Path) -> HashMap<PathBuf, Remembered> {
    let text = fs_err::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Remembered>(line).ok());
    lines.map(|line| (line.stamp.path.clone(), line)).collect()
}

/// Where commits are remembered, beside the hashes of files.
fn commits_file(hashes: &Path) -> PathBuf {
    hashes.with_file_name(COMMITS)
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let path = fs_err::canonicalize(path)?;
        let metadata = fs_err::metadata(&path)?;
        let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        // Nanoseconds since 1970 fit until the year 2554.
        let modified_ns = u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX);
        Ok(Self { path, size: metadata.len(), modified_ns, inode })
    }
}
