//! Claims: two sweeps on one results folder never score the same unit.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Result;

/// A claim whose heartbeat is older than this belongs to nobody any more.
const LEASE: Duration = Duration::from_mins(1);
/// How often the holder of a claim says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Who holds a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClaimHolder {
    /// Name of the machine.
    pub host: String,
    /// Process id on it.
    pub pid: u32,
    /// Tells a process from a later one of the same number: start time, boot and process namespace. Empty where unknown.
    pub identity: String,
}

impl ClaimHolder {
    /// This process.
    pub(crate) fn this_process() -> Self {
        let pid = std::process::id();
        let host = fs_err::read_to_string("/proc/sys/kernel/hostname")
            .map_or_else(|_| "unknown".into(), |name| name.trim().into());
        Self { host, pid, identity: identity_of(pid).unwrap_or_default() }
    }

    /// Whether the process is known to have ended. A process on another machine, or of another container, is not known to.
    pub(super) fn has_ended(&self) -> bool {
        let Some((place, _)) = self.identity.split_once('#') else { return false };
        if place != place_of_processes().unwrap_or_default() {
            return false;
        }
        identity_of(self.pid).is_none_or(|now| now != self.identity)
    }
}

/// Boot and process namespace: within one such place a process number means something.
fn place_of_processes() -> Option<String> {
    let boot = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs_err::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

fn identity_of(pid: u32) -> Option<String> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name stands in brackets and may hold anything; field 3 is the state, field 22 the start time.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let started = fields.nth(18)?;
    Some(format!("{}#{started}", place_of_processes()?))
}

/// The outcome of asking for a unit.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// It is ours until the value is dropped.
    Ours(Claim),
    /// Somebody alive holds it.
    Held(ClaimHolder),
}

/// A unit that is ours. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    ended: Arc<AtomicBool>,
    heart: Option<JoinHandle<()>>,
}

impl Claim {
    /// Asks for the claim file at `path` in an existing folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn ask(path: &Path) -> Result<Claimed> {
        if let Some(claim) = Self::create(path)? {
            return Ok(Claimed::Ours(claim));
        }
        // One taker at a time looks whether the holder is gone, else two could each remove the other's fresh claim.
        let lock = fs_err::OpenOptions::new().create(true).append(true).open(path.with_extension("lock"))?;
        lock.file().lock()?;
        let holder = match fs_err::read_to_string(path) {
            Ok(text) => serde_json::from_str::<ClaimHolder>(&text).ok(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let age = fs_err::metadata(path)
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok());
        let stale = age.is_some_and(|age| age > LEASE);
        match holder {
            Some(holder) if !stale && !holder.has_ended() => return Ok(Claimed::Held(holder)),
            // An unreadable claim is one being created this very moment, unless it is old.
            None if !stale && path.exists() => return Ok(Claimed::Held(ClaimHolder::this_process())),
            _ => {}
        }
        match fs_err::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let taken = Self::create(path)?;
        lock.file().unlock()?;
        Ok(taken.map_or_else(|| Claimed::Held(ClaimHolder::this_process()), Claimed::Ours))
    }

    fn create(path: &Path) -> Result<Option<Self>> {
        let mut file = match fs_err::OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        file.write_all(serde_json::to_string(&ClaimHolder::this_process()).expect("plain data").as_bytes())?;
        let ended = Arc::new(AtomicBool::new(false));
        let heart = std::thread::spawn({
            let (path, ended) = (path.to_path_buf(), Arc::clone(&ended));
            move || {
                while !ended.load(Ordering::Relaxed) {
                    std::thread::park_timeout(HEARTBEAT);
                    let touched = fs_err::OpenOptions::new().write(true).open(&path);
                    if let (false, Ok(file)) = (ended.load(Ordering::Relaxed), touched) {
                        drop(file.file().set_modified(SystemTime::now()));
                    }
                }
            }
        });
        Ok(Some(Self { path: path.to_path_buf(), ended, heart: Some(heart) }))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(heart) = self.heart.take() {
            heart.thread().unpark();
            drop(heart.join());
        }
        // A claim that cannot be removed ends with its lease.
        drop(fs_err::remove_file(&self.path));
    }
}
