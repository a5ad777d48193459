//! Asking for claims, and watching those of others.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use super::{Claim, ClaimHolder, file};
use crate::Result;
use crate::results::files::clear_aside;

/// A claim without a beat for so long, seen by one observer on his own watch, belongs to nobody any more.
const LEASE: Duration = Duration::from_mins(1);

/// The outcome of asking for a unit.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// It is ours until the value is dropped.
    Ours(Claim),
    /// Somebody alive holds it.
    Held(ClaimHolder),
}

/// Asks for claims, and remembers when those of others last showed life.
#[derive(Debug)]
pub(crate) struct Claims {
    lease: Duration,
    seen: Mutex<HashMap<PathBuf, Seen>>,
}

/// A claim of somebody else as it was when it last changed.
#[derive(Debug)]
struct Seen {
    pulse: (u64, Option<SystemTime>),
    since: Instant,
}

/// How the claims of a folder stand.
enum Standing {
    /// Nobody holds it; the next claim has this number.
    Free(u64),
    Held(ClaimHolder),
}

impl Default for Claims {
    fn default() -> Self {
        Self { lease: LEASE, seen: Mutex::default() }
    }
}

impl Claims {
    /// Asks for a folder, which is made where it is missing.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn ask(&self, folder: &Path) -> Result<Claimed> {
        fs_err::create_dir_all(folder)?;
        loop {
            let number = match self.look(folder)? {
                Standing::Free(number) => number,
                Standing::Held(holder) => return Ok(Claimed::Held(holder)),
            };
            let Some(made) = file::make(folder, number)? else { continue };
            let claim = Claim::begin(file::path(folder, number), made);
            let numbers = file::numbers(folder)?;
            // A look that was out of date could make a number that was used before.
            if numbers.last() != Some(&number) {
                claim.close();
                continue;
            }
            for older in numbers.iter().filter(|older| **older < number) {
                drop(fs_err::remove_file(file::path(folder, *older)));
            }
            clear_aside(folder);
            return Ok(Claimed::Ours(claim));
        }
    }

    /// Who works on a folder now; `None` where it can be had.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn holder(&self, folder: &Path) -> Result<Option<ClaimHolder>> {
        if !folder.is_dir() {
            return Ok(None);
        }
        Ok(match self.look(folder)? {
            Standing::Free(_) => None,
            Standing::Held(holder) => Some(holder),
        })
    }

    fn look(&self, folder: &Path) -> Result<Standing> {
        let Some(&highest) = file::numbers(folder)?.last() else { return Ok(Standing::Free(1)) };
        let path = file::path(folder, highest);
        let free = Ok(Standing::Free(highest + 1));
        let Some(found) = file::read(&path)? else { return free };
        let is_over = found.given_back || found.holder.as_ref().is_some_and(ClaimHolder::has_ended);
        if is_over || self.is_silent(path, found.pulse) {
            return free;
        }
        Ok(Standing::Held(found.holder.unwrap_or_else(ClaimHolder::this_process)))
    }

    /// Whether a claim has shown no life for the time of a lease, as far as we have seen.
    fn is_silent(&self, path: PathBuf, pulse: (u64, Option<SystemTime>)) -> bool {
        let mut seen = self.seen.lock().expect("no thread panics while it holds the lock");
        let known = seen.entry(path).or_insert_with(|| Seen { pulse, since: Instant::now() });
        if known.pulse != pulse {
            *known = Seen { pulse, since: Instant::now() };
        }
        known.since.elapsed() > self.lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_millis(60);

    fn claims() -> Claims {
        Claims { lease: LEASE, ..Claims::default() }
    }

    fn is_ours(claims: &Claims, folder: &Path) -> Option<Claim> {
        match claims.ask(folder).unwrap() {
            Claimed::Ours(claim) => Some(claim),
            Claimed::Held(_) => None,
        }
    }

    /// A claim that a process on another machine made, its file changed last at `modified`.
    fn foreign(folder: &Path, number: u64, modified: SystemTime) -> PathBuf {
        let line = r#"{"holder":{"host":"far","pid":7,"identity":"boot/pid:[1]#5"},"count":0}"#;
        let path = file::path(folder, number);
        fs_err::write(&path, format!("{line}\n..")).unwrap();
        fs_err::File::open(&path).unwrap().file().set_modified(modified).unwrap();
        path
    }

    #[test]
    fn a_folder_is_one_holders_until_he_gives_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (claims(), claims());
        let held = is_ours(&one, dir.path()).unwrap();
        assert!(is_ours(&two, dir.path()).is_none() && two.holder(dir.path()).unwrap().is_some());
        drop(held);
        let next = is_ours(&two, dir.path()).unwrap();
        assert_eq!(file::numbers(dir.path()).unwrap(), [2], "a claim given back is followed by the next number");
        next.close();
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lease_ends_by_the_observers_watch_whatever_the_clocks_say() {
        let hour = Duration::from_hours(1);
        for modified in [SystemTime::now() - hour, SystemTime::now(), SystemTime::now() + hour] {
            let dir = tempfile::tempdir().unwrap();
            let path = foreign(dir.path(), 3, modified);
            let claims = claims();
            assert!(is_ours(&claims, dir.path()).is_none(), "seen for the first time it may be alive");
            std::thread::sleep(LEASE * 2);
            // A beat, or a clock that was set back, is a sign of life.
            fs_err::File::open(&path).unwrap().file().set_modified(modified - hour).unwrap();
            assert!(is_ours(&claims, dir.path()).is_none());
            std::thread::sleep(LEASE * 2);
            assert!(is_ours(&claims, dir.path()).is_some());
        }
    }

    #[test]
    fn of_many_who_ask_at_once_one_gets_it() {
        for start in ["free", "dead"] {
            let dir = tempfile::tempdir().unwrap();
            let all: Vec<Claims> = (0..8).map(|_| claims()).collect();
            if start == "dead" {
                foreign(dir.path(), 41, SystemTime::now());
                all.iter().for_each(|one| drop(one.holder(dir.path())));
                std::thread::sleep(LEASE * 2);
            }
            let got: Vec<Option<Claim>> = std::thread::scope(|scope| {
                let asked: Vec<_> = all.iter().map(|one| scope.spawn(|| is_ours(one, dir.path()))).collect();
                asked.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert_eq!(got.iter().flatten().count(), 1, "{start}");
        }
    }
}
