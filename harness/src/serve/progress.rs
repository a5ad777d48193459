//! How far the work has come, as the results tell it: units, time left, and the last lines of each worker's log.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use crate::Result;
use crate::progress::{logs, process_of};
use crate::results::{Hashes, Store, report_folder};
use crate::run_file::RunFile;
use crate::sweep::plan::Plan;
use crate::sweep::{Overrides, Work};

/// A worker whose log is older than this, and whose process cannot be asked after, has ended.
const SILENT: Duration = Duration::from_mins(2);
/// Workers that are shown.
const SHOWN: usize = 16;
/// Lines of each, at most, from the end of its log.
const LINES: usize = 5;
/// So much of the end of a log is read for them.
const TAIL: u64 = 8 << 10;
/// How long the checkpoints and tasks that were found are taken for those that there are.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How far the work has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Progress {
    /// When the report was made: a page of another moment is old.
    made: Option<String>,
    /// Units of the run; absent where only results are known.
    units: Option<usize>,
    /// Units that are finished.
    done: usize,
    /// Failures that are not mended yet.
    failed: usize,
    /// Seconds that the rest will take with the workers there are, by the units done; absent where nothing tells.
    seconds_left: Option<f64>,
    /// Those that work now, the latest heard first.
    workers: Vec<Worker>,
    /// Why the units cannot be counted.
    problem: Option<String>,
}

/// A process that scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Worker {
    /// Machine and process: `node7-4711`.
    name: String,
    /// The last lines of its log.
    lines: Vec<String>,
}

/// Looks at a run again and again.
#[derive(Debug)]
pub(super) struct Watcher {
    store: Store,
    run: Option<RunFile>,
    found: Option<(Instant, Work)>,
}

impl Watcher {
    /// Looks at the results of a run; `run` is absent where only a results folder is known.
    pub(super) fn new(store: Store, run: Option<RunFile>) -> Self {
        Self { store, run, found: None }
    }

    /// How far the work has come now.
    pub(super) fn look(&mut self) -> Progress {
        let mut progress = Progress {
            made: made(&report_folder(&self.store)),
            failed: self.store.failures().len(),
            workers: workers(self.store.root()),
            ..Progress::default()
        };
        if let Err(error) = self.count(&mut progress) {
            progress.problem = Some(error.to_string());
        }
        progress
    }

    fn count(&mut self, progress: &mut Progress) -> Result<()> {
        let Some(run) = &self.run else {
            progress.done = self.store.units()?.0.len();
            return Ok(());
        };
        if self.found.as_ref().is_none_or(|(at, _)| at.elapsed() > LOOK_AGAIN) {
            self.found = Some((Instant::now(), Work::of_run(run, &Overrides::default())?));
        }
        let Some((_, work)) = &self.found else { return Ok(()) };
        let plan = Plan::new(work, &self.store, &Hashes::open(self.store.root()))?;
        (progress.units, progress.done) = (Some(plan.units().count()), plan.done().count());
        progress.seconds_left = seconds_left(&plan, work, progress.workers.len());
        Ok(())
    }
}

/// Seconds of the items that are left, each as long as those of its task took where it was scored, else as all did.
fn seconds_left(plan: &Plan, work: &Work, workers: usize) -> Option<f64> {
    let mut taken: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for (subject, brief) in plan.done() {
        let own = taken.entry(work.suite.name(subject)).or_default();
        *own = (own.0 + brief.cost.seconds, own.1 + brief.items);
    }
    let (seconds, items) = taken.values().fold((0.0, 0), |all, own| (all.0 + own.0, all.1 + own.1));
    if workers == 0 || items == 0 {
        return None;
    }
    let left = plan.units().filter(|unit| !unit.is_done()).map(|unit| {
        let own = taken.get(work.suite.name(unit.subject)).filter(|own| own.1 > 0);
        let (seconds, items) = own.copied().unwrap_or((seconds, items));
        seconds / items as f64 * unit.items_left() as f64
    });
    Some(left.sum::<f64>() / workers as f64)
}

/// When the report was made, as its pages say it.
fn made(report: &Path) -> Option<String> {
    let text = fs_err::read_to_string(report.join("data/state.js")).ok()?;
    let value = text.trim_end().strip_suffix(';')?.rsplit_once(" = ")?.1;
    let state: serde_json::Value = serde_json::from_str(value).ok()?;
    Some(state.get("made")?.as_str()?.to_owned())
}

fn workers(results: &Path) -> Vec<Worker> {
    let alive = logs(results).into_iter().filter_map(|(path, at)| {
        let name = path.file_stem()?.to_str()?.to_owned();
        let age = SystemTime::now().duration_since(at).unwrap_or_default();
        let is_alive = match process_of(&path).filter(|_| Path::new("/proc/self").exists()) {
            Some(pid) => Path::new(&format!("/proc/{pid}")).exists(),
            None => age < SILENT,
        };
        is_alive.then(|| Worker { name, lines: tail(&path).unwrap_or_default() })
    });
    alive.take(SHOWN).collect()
}

/// The last lines of a log.
fn tail(path: &Path) -> std::io::Result<Vec<String>> {
    let mut file = fs_err::File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> = text.lines().skip(usize::from(from > 0)).map(ToOwned::to_owned).collect();
    Ok(lines.split_off(lines.len().saturating_sub(LINES)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_ends_with_its_last_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("a.log");
        let lines: Vec<String> = (0..2000).map(|line| format!("line {line}")).collect();
        fs_err::write(&log, lines.join("\n") + "\n").unwrap();
        assert_eq!(tail(&log).unwrap(), lines[1995..]);
        fs_err::write(&log, "one\ntwo").unwrap();
        assert_eq!(tail(&log).unwrap(), ["one", "two"]);
    }

    #[test]
    fn a_page_knows_when_it_was_made() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("data")).unwrap();
        assert_eq!(made(dir.path()), None);
        let state = "Spyglass.data[\"state\"] = {\"alarms\":0,\"made\":\"2026-11-28T10:00:00Z\"};\n";
        fs_err::write(dir.path().join("data/state.js"), state).unwrap();
        assert_eq!(made(dir.path()).as_deref(), Some("2026-11-28T10:00:00Z"));
    }
}
