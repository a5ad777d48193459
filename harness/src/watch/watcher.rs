//! The watch itself: look, score what is next, tell what is new, and again.

mod refresh;
mod turn;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use spyglass_tasks::paths;

use self::turn::Turn;
use super::arrivals::Arrivals;
use super::deliver::Way;
use super::look::Looked;
use super::outbox::Outbox;
use super::ready::Ready;
use super::retries::Retries;
use crate::executor::{Beside, Capacity, Site, tasks_without_items};
use crate::progress::{Event, Hangup, Watch};
use crate::results::Store;
use crate::run_file::{RunFile, WatchOrder};
use crate::sweep::{Overrides, Work};
use crate::{Error, Result};

/// The most that lies between two looks at a checkpoint that was just written.
pub(super) const SETTLE: Duration = Duration::from_secs(10);
/// The least that lies between two looks where files come one after the other.
const SOONEST: Duration = Duration::from_secs(1);

/// When a watch ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Never.
    Stopped,
    /// When nothing has been left to do for so long.
    Idle(Duration),
}

/// What the command line says of a watch.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) run: PathBuf,
    pub(crate) overrides: Overrides,
    pub(crate) capacity: Capacity,
    pub(crate) order: Option<WatchOrder>,
    pub(crate) every: Option<Duration>,
    pub(crate) until: Until,
}

/// A watch that is going on.
struct Watching<'a> {
    watcher: &'a Watcher,
    run: RunFile,
    site: Site,
    outbox: Outbox,
    ready: Ready,
    arrivals: Arrivals,
    retries: Retries,
    /// Checkpoints that are left alone for now.
    waiting: usize,
    /// Notes that were said, each once.
    said: BTreeSet<String>,
    /// What went wrong with the last look, so that it is said once.
    trouble: Option<String>,
    /// When the report was last written, and how long that took.
    reported: Option<(Instant, Duration)>,
    /// The folders with which nothing was left to do.
    idle_on: Option<Vec<PathBuf>>,
    is_stale: bool,
}

/// Watches a run until it is told to stop, or is idle; whether all is well then.
///
/// # Errors
/// The run file cannot be read, or the results folder cannot be written, at the start; later troubles are told, and tried again.
pub(crate) fn watch(watcher: &Watcher, make: &dyn Fn() -> Watch, hangup: &Hangup) -> Result<bool> {
    let mut watching = Watching::begin(watcher, Watching::prepare(watcher, make())?);
    let mut idle_since = Instant::now();
    loop {
        if watching.should_stop() {
            break;
        }
        if hangup.take() {
            watching = watching.again(make());
        }
        let turn = watching.turn().unwrap_or_else(|error| {
            watching.troubled(&error);
            Turn::Idle
        });
        match turn {
            Turn::Further => idle_since = Instant::now(),
            // What came while it was tried in vain is looked for before the end.
            Turn::InVain if !watching.is_over(idle_since) || watching.arrivals.any() => {} // others may be due
            _ if watching.is_over(idle_since) => break,
            Turn::InVain => {}
            Turn::Idle => watching.sleep(hangup),
        }
    }
    let is_reopened = watching.refresh_if_stale();
    let is_well = !is_reopened && watching.trouble.is_none() && watching.site.store.failures().is_empty();
    watching.outbox.end();
    Ok(is_well)
}

impl<'a> Watching<'a> {
    /// What the run file asks for, without checkpoints yet.
    fn prepare(watcher: &Watcher, watch: Watch) -> Result<(RunFile, Vec<Way>, Site)> {
        let run = RunFile::read(&watcher.run)?;
        watcher.overrides.require_one_precision(&run, "a watch scores in")?;
        let store = Store::create(&run.results)?;
        let mut work = Work::without_checkpoints(&run, &watcher.overrides)?.with_data()?;
        work.keeps_branches = true;
        let mut site = Site::new(work, store, watcher.capacity, watch);
        site.beside = Beside { waits: false, tells_trainer: run.watch.reading_file };
        watcher.overrides.note(&run).iter().for_each(|note| site.watch.speaker()(note));
        tasks_without_items(&site)?;
        let ways = ways(&run)?;
        Ok((run, ways, site))
    }

    fn begin(watcher: &'a Watcher, (run, ways, site): (RunFile, Vec<Way>, Site)) -> Self {
        let outbox = Outbox::open(site.store.root(), &site.work.name, &ways, site.watch.speaker());
        let mut watching = Self {
            watcher,
            run,
            site,
            outbox,
            ready: Ready::default(),
            arrivals: Arrivals::new(),
            retries: Retries::default(),
            waiting: 0,
            said: BTreeSet::new(),
            trouble: None,
            reported: None,
            idle_on: None,
            is_stale: true,
        };
        watching.listen(&Looked::default()); // what comes after the first look is told
        watching
    }

    /// The same with the run file as it is now; as it was, where that cannot be used.
    fn again(self, watch: Watch) -> Self {
        match Self::prepare(self.watcher, watch) {
            Ok(prepared) => {
                self.outbox.end();
                let new = Self::begin(self.watcher, prepared);
                new.note("the run file was read again");
                Self { ready: self.ready, said: self.said, ..new }
            }
            Err(error) => {
                self.note(&format!("the run file was not taken over, the old one stays: {}", error.in_full()));
                self
            }
        }
    }

    fn note(&self, text: &str) {
        self.site.watch.tell(&Event::Note(text.into()));
    }

    fn should_stop(&self) -> bool {
        self.site.watch.interrupt.is_set()
    }

    /// Says what is wrong, once; it is tried again.
    fn troubled(&mut self, error: &Error) {
        let words = error.in_full();
        if self.trouble.as_ref() != Some(&words) {
            self.note(&format!("{words}\n(tried again)"));
            self.trouble = Some(words);
        }
    }

    fn every(&self) -> Duration {
        self.watcher.every.unwrap_or(self.run.watch.every)
    }

    fn is_over(&self, idle_since: Instant) -> bool {
        match self.watcher.until {
            Until::Stopped => false,
            Until::Idle(time) => !self.ready.is_settling() && idle_since.elapsed() >= time,
        }
    }

    /// Sleeps until the next look, a signal, or the end; less where something comes.
    fn sleep(&self, hangup: &Hangup) {
        let time = if self.ready.is_settling() { self.every().min(SETTLE) } else { self.every() };
        // Two looks that settle a checkpoint lie apart: its last file may be told of, and others still come.
        let soonest = if self.ready.is_settling() { time } else { SOONEST.min(time) };
        let (soonest, until) = (Instant::now() + soonest, Instant::now() + time);
        while Instant::now() < until && !self.should_stop() && !hangup.is_set() {
            std::thread::sleep(Duration::from_millis(50).min(time));
            if Instant::now() >= soonest && self.arrivals.any() {
                break;
            }
        }
    }
}

/// By which ways news go out.
///
/// # Errors
/// The address of the webhook is to come from a variable that is not set.
fn ways(run: &RunFile) -> Result<Vec<Way>> {
    let address = run.watch.webhook.as_deref().map(|written| paths::expand(Path::new(written))).transpose();
    let address = address.map_err(|problem| Error::RunFile {
        file: run.path.clone(),
        problem: format!("`webhook`: {problem}"),
        help: "set it, or write the address out".into(),
    })?;
    let webhook = address.map(|address| Way::Webhook(address.display().to_string()));
    Ok(webhook.into_iter().chain(run.watch.command.clone().map(Way::Command)).collect())
}
