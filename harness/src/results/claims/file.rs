//! The files of claims: numbered, and whole from the moment they are seen.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::ClaimHolder;
use crate::Result;
use crate::results::files::for_everyone;

const PREFIX: &str = ".claim-";
/// How a claim is called before it is one.
const ASIDE: &str = ".claiming-";
/// Ends the file of a claim that was given back.
const GIVEN_BACK: &[u8] = b"!";

/// First line of a claim file; behind it the heart adds a byte a beat.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    holder: ClaimHolder,
    /// Tells the claims of one process from one another.
    count: u64,
}

/// A claim as it lies on disk.
#[derive(Debug)]
pub(super) struct Found {
    /// Who made it; `None` where it cannot be read.
    pub(super) holder: Option<ClaimHolder>,
    /// Whether its holder gave it back.
    pub(super) given_back: bool,
    /// Changes with every beat of its holder's heart.
    pub(super) pulse: (u64, Option<SystemTime>),
}

/// The file of claim number `number` in a folder.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{PREFIX}{number:06}"))
}

/// Numbers of the claims in a folder, the highest last.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads a claim; `None` where it is gone. It is opened, not only looked at: on a network disk that asks the server.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(path: &Path) -> Result<Option<Found>> {
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let modified = fs_err::metadata(path).and_then(|metadata| metadata.modified()).ok();
    Ok(Some(Found {
        holder: head(&bytes).map(|head| head.holder),
        given_back: bytes.ends_with(GIVEN_BACK),
        pulse: (bytes.len() as u64, modified),
    }))
}

fn head(bytes: &[u8]) -> Option<Head> {
    serde_json::from_slice(bytes.split(|&byte| byte == b'\n').next()?).ok()
}

/// Makes claim number `number`, whole at once; `None` where somebody else has made it.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn make(folder: &Path, number: u64) -> Result<Option<File>> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let own = Head { holder: ClaimHolder::this_process(), count: COUNT.fetch_add(1, Ordering::Relaxed) };
    let line = serde_json::to_string(&own).expect("plain data") + "\n";
    let mut aside = tempfile::Builder::new().prefix(ASIDE).tempfile_in(folder)?;
    aside.write_all(line.as_bytes())?;
    for_everyone(aside.as_file())?;
    aside.as_file().sync_all()?;
    let path = path(folder, number);
    match aside.persist_noclobber(&path) {
        Ok(file) => Ok(Some(file)),
        // A network disk may do the link, lose its answer, and be asked again: then what is in the way is ours.
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let there = fs_err::read(&path).unwrap_or_default();
            if self::head(&there).is_none_or(|there| there != own) {
                return Ok(None);
            }
            Ok(Some(fs_err::OpenOptions::new().append(true).open(&path)?.into_file()))
        }
        Err(error) => {
            Err(std::io::Error::new(error.error.kind(), format!("{}: {}", path.display(), error.error)).into())
        }
    }
}

/// A beat of the heart. Where not even a byte fits on the disk the time of the last change has to do.
pub(super) fn beat(mut file: &File) {
    let beaten = file.write_all(b".").and_then(|()| file.sync_data());
    if beaten.is_err() {
        drop(file.set_modified(SystemTime::now()));
    }
}

/// Says that the claim is given back.
pub(super) fn give_back(mut file: &File) {
    // Where it cannot be said, the claim ends with its lease.
    drop(file.write_all(GIVEN_BACK).and_then(|()| file.sync_data()));
}
