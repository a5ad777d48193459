//! Content hashes of weight files, remembered by path, size, modification time and inode.

use super::write_whole;
use crate::Result;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a file looked like when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    path: PathBuf,
    size: u64,
    modified_ns: u128,
    inode: u64,
    blake3: String,
}

/// blake3 hashes of files, kept in `results/.hashes.jsonl`.
#[derive(Debug)]
pub struct Hashes {
    file: PathBuf,
    known: Mutex<HashMap<PathBuf, Remembered>>,
}

impl Hashes {
    /// Reads what is remembered under a results folder; lines that cannot be read are forgotten, they cost only time.
    pub fn open(results: &Path) -> Self {
        let file = results.join(".hashes.jsonl");
        let text = fs_err::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Remembered>(line).ok());
        Self { known: Mutex::new(lines.map(|line| (line.path.clone(), line)).collect()), file }
    }

    /// The hash, if the file has not changed since it was last hashed.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub fn remembered(&self, path: &Path) -> Result<Option<String>> {
        let now = look(path)?;
        let known = self.known.lock().expect("no thread panics while it holds the lock");
        let same = |known: &&Remembered| {
            (known.size, known.modified_ns, known.inode) == (now.size, now.modified_ns, now.inode)
        };
        Ok(known.get(&now.path).filter(same).map(|known| known.blake3.clone()))
    }

    /// The hash of a file, computed where it is not remembered.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of(&self, path: &Path) -> Result<String> {
        if let Some(hash) = self.remembered(path)? {
            return Ok(hash);
        }
        let mut line = look(path)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(fs_err::File::open(path)?)?;
        line.blake3 = hasher.finalize().to_hex().to_string();
        let hash = line.blake3.clone();
        let mut known = self.known.lock().expect("no thread panics while it holds the lock");
        known.insert(line.path.clone(), line);
        let mut lines: Vec<_> = known.values().collect();
        lines.sort_by(|a, b| a.path.cmp(&b.path));
        let text: String = lines.iter().map(|line| serde_json::to_string(line).expect("plain data") + "\n").collect();
        write_whole(&self.file, text.as_bytes())?;
        Ok(hash)
    }

    /// One hash over several files, in the order given.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn of_all(&self, paths: &[PathBuf]) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for path in paths {
            hasher.update(self.of(path)?.as_bytes());
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

fn look(path: &Path) -> Result<Remembered> {
    let path = fs_err::canonicalize(path)?;
    let metadata = fs_err::metadata(&path)?;
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Ok(Remembered { path, size: metadata.len(), modified_ns: modified.as_nanos(), inode, blake3: String::new() })
}
