//! Hashes of tokenizers, remembered by what tells their files from ones that were written anew: each takes megabytes, a run has a thousand
//! of them, and every look at it asks for all.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::hashes::Stamp;
use crate::Result;

pub(super) const FILE: &str = ".tokenizers.jsonl";
const UNPOISONED: &str = "no thread panics while it holds the lock";

/// Bytes from which on a tokenizer is remembered: what is smaller is read as fast.
const WORTH_IT: u64 = 256 << 10;

/// A tokenizer as it was when it was hashed.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    files: Vec<Stamp>,
    hash: String,
}

/// Hashes of tokenizers, kept in `results/.tokenizers.jsonl`.
#[derive(Debug)]
pub(super) struct Tokenizers {
    file: PathBuf,
    known: Mutex<HashMap<Vec<Stamp>, String>>,
}

impl Tokenizers {
    /// Reads what is remembered under a results folder; lines that cannot be read are forgotten, they cost only time.
    pub(super) fn open(results: &Path) -> Self {
        let file = results.join(FILE);
        let text = fs_err::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Remembered>(line).ok());
        Self { known: Mutex::new(lines.map(|line| (line.files, line.hash)).collect()), file }
    }

    /// The hash that `compute` makes of these files, of which some may not be there; remembered where there is a results folder, too.
    ///
    /// # Errors
    /// Those of `compute`.
    pub(super) fn hash(&self, files: &[PathBuf], compute: impl FnOnce() -> Result<String>) -> Result<String> {
        let look = || -> Vec<Stamp> { files.iter().filter_map(|file| Stamp::of(file).ok()).collect() };
        let files = look();
        if files.iter().map(|file| file.size).sum::<u64>() < WORTH_IT {
            return compute();
        }
        if let Some(hash) = self.known.lock().expect(UNPOISONED).get(&files) {
            return Ok(hash.clone());
        }
        let hash = compute()?;
        if look() != files {
            return Ok(hash); // somebody is writing: of which content it is nobody knows
        }
        let remembered = Remembered { files, hash: hash.clone() };
        // A line at once: others may add theirs. Where it cannot be written, or a crash cuts it short, it is only hashed again.
        let line = serde_json::to_string(&remembered).expect("plain data") + "\n";
        let opened = fs_err::OpenOptions::new().create(true).append(true).open(&self.file);
        drop(opened.map(|mut file| file.write_all(line.as_bytes())));
        self.known.lock().expect(UNPOISONED).insert(remembered.files, remembered.hash);
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_large_tokenizer_is_hashed_once_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["tokenizer.json", "tokenizer_config.json"].map(|name| dir.path().join(name));
        let count = Cell::new(0);
        let asked = |known: &Tokenizers| {
            let compute = || {
                count.set(count.get() + 1);
                Ok(format!("hash {}", count.get()))
            };
            (known.hash(&files, compute).unwrap(), count.get())
        };
        let open = || Tokenizers::open(dir.path());
        let once = |number: u32| (format!("hash {number}"), number);
        fs_err::write(&files[0], vec![b' '; 300 << 10]).unwrap();
        let known = open();
        assert_eq!([asked(&known), asked(&known), asked(&open())], [once(1), once(1), once(1)]);
        let nowhere = Tokenizers::open(&dir.path().join("no results yet"));
        assert_eq!([asked(&nowhere), asked(&nowhere)], [once(2), once(2)], "in this process alone");
        fs_err::write(&files[1], "{}").unwrap();
        assert_eq!(asked(&open()), once(3), "a file more");
        fs_err::write(&files[0], vec![b' '; 301 << 10]).unwrap();
        assert_eq!(asked(&open()), once(4), "another content");
        fs_err::write(&files[0], "small").unwrap();
        assert_eq!([asked(&open()), asked(&open())], [once(5), once(6)], "not worth a line");
        assert_eq!(fs_err::read_to_string(dir.path().join(FILE)).unwrap().lines().count(), 3);
    }
}
