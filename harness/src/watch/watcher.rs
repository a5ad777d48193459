//! The watch itself: look, score what is next, tell what is new, and again.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use spyglass_dashboards::findings::findings;
use spyglass_dashboards::series::add_groups;
use spyglass_tasks::paths;

use super::arrivals::Arrivals;
use super::deliver::Way;
use super::look::{Looked, look};
use super::metrics::{Fares, page};
use super::news::{News, news};
use super::outbox::Outbox;
use super::ready::Ready;
use super::retries::Retries;
use crate::executor::{Beside, Capacity, Site, execute, tasks_without_items};
use crate::export::score_rows;
use crate::progress::{Event, Hangup, Watch};
use crate::results::{Rewritten, Snapshot, Store, rewrite_report, write_whole};
use crate::run_file::{RunFile, WatchOrder};
use crate::sweep::plan::{Plan, PlannedCheckpoint};
use crate::sweep::{Overrides, Work, keep_snapshot, next_of_search, reopen};
use crate::{Error, Result};

/// The most that lies between two looks at a checkpoint that was just written.
pub(super) const SETTLE: Duration = Duration::from_secs(10);
/// The least that lies between two looks where files come one after the other.
const SOONEST: Duration = Duration::from_secs(1);
/// The report is written anew only when so many times as much time has passed as it takes.
const REPORT_SHARE: u32 = 5;

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

/// What came of one turn of the watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// There was something to do, and it was done, or failed for the first time.
    Further,
    /// What failed before failed once more: a watch until idle does not wait for that to end.
    InVain,
    /// There was nothing to do.
    Idle,
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
            _ if watching.is_over(idle_since) => break,
            Turn::InVain => {} // others may be due
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

    /// Looks, and scores one checkpoint where one waits.
    fn turn(&mut self) -> Result<Turn> {
        let looked = look(&self.run, &mut self.ready, &self.site.work.settings)?;
        self.listen(&looked);
        self.waiting = looked.waiting.len();
        for (folder, why) in &looked.waiting {
            let note = format!("{}: {why}", folder.display());
            if !why.starts_with("was not seen") && self.said.insert(note.clone()) {
                self.note(&note);
            }
        }
        let Some(run) = looked.run else { return Ok(Turn::Idle) };
        // Where nothing has come and nothing is due, the results need not be read again.
        if !looked.has_hub && !self.retries.any_due() && self.idle_on.as_ref() == Some(&looked.ready) {
            return Ok(Turn::Idle);
        }
        self.idle_on = None;
        self.site.work.look_again(&run, &self.site.hashes, self.site.store.root())?;
        for note in &self.site.work.notes {
            if self.said.insert(note.clone()) {
                self.site.watch.tell(&Event::Note(note.clone()));
            }
        }
        let snapshot = keep_snapshot(&self.site.work, &self.site.store)?;
        let plan = self.site.plan()?;
        self.trouble = None;
        let left = || plan.checkpoints.iter().filter(|planned| !planned.is_done());
        self.retries.keep(left().map(|planned| &planned.checkpoint));
        let next = self.next(plan, &snapshot)?;
        let Some(next) = next else {
            let is_reopened = self.refresh_if_stale();
            self.idle_on = Some(looked.ready).filter(|_| !self.is_stale);
            return Ok(if is_reopened { Turn::Further } else { Turn::Idle });
        };
        let turn = self.score(next)?;
        self.refresh_in_turn();
        Ok(turn)
    }

    /// Listens for checkpoints to come, and for what those that wait still lack. What lies on the hub tells nothing.
    fn listen(&mut self, looked: &Looked) {
        let own = self.run.checkpoints.iter().filter(|spec| spec.hub.is_none()).map(|spec| spec.path.clone());
        let waiting = looked.waiting.keys();
        let above = waiting.clone().chain(&looked.ready).filter_map(|folder| folder.parent());
        let folders: BTreeSet<PathBuf> = own.chain(above.map(Path::to_path_buf)).chain(waiting.cloned()).collect();
        self.arrivals.listen(folders);
    }

    /// The checkpoint that is scored next, those that failed before behind the others: one that fails for ever keeps none of them.
    fn next(&self, plan: Plan, snapshot: &Snapshot) -> Result<Option<PlannedCheckpoint>> {
        let due = |planned: &PlannedCheckpoint| !planned.is_done() && self.retries.is_due(&planned.checkpoint);
        let order = self.watcher.order.unwrap_or(self.run.watch.order);
        if order == WatchOrder::Onset {
            return next_of_search(plan, &self.site, snapshot, &due);
        }
        let mut due: Vec<PlannedCheckpoint> = plan.checkpoints.into_iter().filter(due).collect();
        due.sort_by_key(|planned| planned.checkpoint.tokens);
        if order == WatchOrder::Newest {
            due.reverse();
        }
        due.sort_by_key(|planned| self.retries.knows(&planned.checkpoint));
        Ok(due.into_iter().next())
    }

    fn score(&mut self, next: PlannedCheckpoint) -> Result<Turn> {
        let (checkpoint, name, units) = (next.checkpoint.clone(), next.name(), next.units.len());
        let suite = &self.site.work.suite;
        let asked: HashMap<String, usize> =
            next.units.iter().map(|unit| (suite.name(unit.subject).to_owned(), unit.items)).collect();
        let done_before = next.units.iter().filter(|unit| unit.is_done()).count();
        let done = execute(Plan { checkpoints: vec![next] }, &self.site)?;
        self.is_stale = true;
        // A pack of which some conversations fail is no further when they do so again.
        let whole =
            done.records.iter().filter(|record| asked.get(&record.task).is_some_and(|&asked| record.items >= asked));
        let is_in_vain = self.retries.knows(&checkpoint) && !done.failures.is_empty() && whole.count() <= done_before;
        if done.interrupted {
            return Ok(Turn::Further);
        }
        if !done.failures.is_empty() {
            let spec = &self.run.watch;
            let delay = self.retries.failed(&checkpoint, spec.retry, spec.retry_at_most);
            self.note(&format!("{name} is tried again in {} s", delay.as_secs()));
        } else if done.records.len() < units {
            self.retries.put_off(&checkpoint, self.every()); // others are at it
        } else {
            self.retries.done(&checkpoint);
            self.note(&format!("{name} is scored"));
        }
        Ok(if is_in_vain { Turn::InVain } else { Turn::Further })
    }

    /// Writes the report, unless that is most of what would be done.
    fn refresh_in_turn(&mut self) {
        if self.reported.is_none_or(|(when, took)| when.elapsed() > took * REPORT_SHARE) {
            self.refresh_if_stale();
        }
    }

    /// Whether a unit turned out to be damaged, and is to be scored again.
    fn refresh_if_stale(&mut self) -> bool {
        // Before the first look has found something there is no run to report.
        if self.is_stale && !self.site.work.tree.branches.is_empty() {
            match self.refresh() {
                Ok(is_reopened) => {
                    self.is_stale = is_reopened;
                    return is_reopened;
                }
                Err(error) => self.troubled(&error),
            }
        }
        false
    }

    /// The report, the page of metrics, and the news; whether a unit turned out to be damaged.
    fn refresh(&mut self) -> Result<bool> {
        let (started, store) = (Instant::now(), &self.site.store);
        let Rewritten { index, mut gathered } = rewrite_report(store)?;
        let is_reopened = reopen(&gathered.broken, &self.site)?;
        self.reported = Some((Instant::now(), started.elapsed()));
        self.note(&format!("report: {}", index.display()));
        let failures = store.failures();
        let units_left = self.site.plan()?.units().filter(|unit| !unit.is_done()).count();
        let fares = Fares { units_left, waiting: self.waiting, failures: failures.len() };
        let metrics = self.run.watch.metrics.clone().unwrap_or_else(|| store.root().join("metrics.prom"));
        write_whole(&metrics, &page(&gathered.run.name, &score_rows(&gathered.run), fares))?;
        add_groups(&mut gathered.run);
        let new: Vec<News> = self.outbox.add(news(&findings(&gathered.run), &failures))?;
        for told in new.iter().filter(|news| news.kind != "failure") {
            self.note(&format!("{}: {}", told.kind, told.text));
        }
        Ok(is_reopened)
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
        let (soonest, until) = (Instant::now() + SOONEST.min(time), Instant::now() + time);
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
