//! What happens as events of `tracing`, and the log that each process keeps in the results: `logs/HOST-PID.log`, read by `serve`.
//!
//! Units are told of at level INFO, spans (a unit; reading, tokenising, the forward passes) at DEBUG: where nobody listens so closely, each
//! costs a comparison.

use std::cmp::Reverse;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use spyglass_dashboards::run::Checkpoint;
use tracing::span::EnteredSpan;

use super::{Event, Finish};
use crate::results::{ClaimHolder, entries};

/// Logs of earlier processes that are kept beside this one's.
const KEPT: usize = 50;

/// How often a log that nothing is written to is touched while work goes on: on another machine its age alone tells that we live.
const TOUCH: Duration = Duration::from_secs(20);

/// The log of this process, once it scores, and when it was touched.
static OWN: Mutex<Option<(std::fs::File, Instant)>> = Mutex::new(None);

/// Where the logs of a results folder lie.
pub(crate) fn folder(results: &Path) -> PathBuf {
    results.join("logs")
}

/// How the logs of this machine's processes begin: with its name, as every file system takes it.
fn begin_of_names() -> String {
    let host = ClaimHolder::this_process().host;
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    host.chars().map(plain).chain(['-']).collect()
}

/// The process that writes a log, where it runs on this machine.
pub(crate) fn process_of(log: &Path) -> Option<u32> {
    log.file_stem()?.to_str()?.strip_prefix(&begin_of_names())?.parse().ok()
}

/// Logs of a results folder, the newest first, each with when it was written last.
pub(crate) fn all(results: &Path) -> Vec<(PathBuf, SystemTime)> {
    let logs = entries(&folder(results)).unwrap_or_default().into_iter();
    let logs = logs.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
    let mut logs: Vec<(PathBuf, SystemTime)> =
        logs.filter_map(|path| fs_err::metadata(&path).ok()?.modified().ok().map(|at| (path, at))).collect();
    logs.sort_by_key(|log| Reverse(log.1));
    logs
}

/// Begins this process's log in a results folder; of earlier ones the newest stay. A folder that cannot be written has no log.
pub(crate) fn keep_in(results: &Path) {
    let path = folder(results).join(format!("{}{}.log", begin_of_names(), ClaimHolder::this_process().pid));
    if fs_err::create_dir_all(folder(results)).is_err() {
        return;
    }
    let opened = fs_err::OpenOptions::new().create(true).append(true).open(path);
    *OWN.lock().expect("no thread panics while it holds the lock") =
        opened.ok().map(|file| (file.into_file(), Instant::now()));
    for (old, _) in all(results).into_iter().skip(KEPT) {
        drop(fs_err::remove_file(old));
    }
}

/// Writes into this process's log, where it has one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnLog;

impl Write for OwnLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some((file, _)) = OWN.lock().expect("no thread panics while it holds the lock").as_mut() {
            drop(file.write_all(bytes)); // a full disk must not stop a sweep for its log
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Work goes on.
fn touch() {
    if let Some((file, at)) = OWN.lock().expect("no thread panics while it holds the lock").as_mut()
        && at.elapsed() > TOUCH
    {
        *at = Instant::now();
        drop(file.set_modified(SystemTime::now()));
    }
}

/// A unit begins; the span holds until what is returned is dropped.
pub(crate) fn begun(checkpoint: &Checkpoint, task: &str) -> EnteredSpan {
    let (branch, step) = (checkpoint.branch.as_str(), checkpoint.step);
    tracing::info!(branch, step, task, "unit begun");
    tracing::debug_span!("unit", branch, step, task).entered()
}

/// Tells of an event.
pub(super) fn record(event: &Event) {
    match event {
        Event::Planned { units, items } => tracing::info!(units, items, "planned"),
        Event::Fetching(Checkpoint { branch, step, .. }) => tracing::info!(branch, step, "fetching"),
        Event::Reading(Checkpoint { branch, step, .. }) => tracing::info!(branch, step, "reading"),
        Event::Finished { finish: Finish::Here, checkpoint, task, score } => {
            let (branch, step) = (&checkpoint.branch, checkpoint.step);
            let (metric, score) = score.as_ref().map_or(("", None), |(metric, score)| (metric.as_str(), Some(score)));
            tracing::info!(branch, step, task, metric, score, "unit finished");
        }
        Event::Failed { failure, units, .. } => {
            let (branch, step, task, reason) = (&failure.branch, failure.step, &failure.task, &failure.reason);
            let task = task.as_deref();
            tracing::warn!(branch, step, task, units, reason, "failed");
        }
        Event::Scored { .. } => touch(),
        Event::Note(_) | Event::Finished { .. } | Event::Left(_) | Event::Waiting(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_after_its_process() {
        let dir = tempfile::tempdir().unwrap();
        keep_in(dir.path());
        let (log, _) = all(dir.path()).remove(0);
        *OWN.lock().unwrap() = None;
        assert_eq!(process_of(&log), Some(std::process::id()));
        assert_eq!(process_of(Path::new("logs/another-machine-17.log")), None);
    }
}
