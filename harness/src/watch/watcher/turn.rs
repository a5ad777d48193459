//! One turn of the watch: a look, and the checkpoint that is next.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::Watching;
use crate::Result;
use crate::executor::execute;
use crate::progress::Event;
use crate::results::Snapshot;
use crate::run_file::WatchOrder;
use crate::sweep::plan::{Plan, PlannedCheckpoint};
use crate::sweep::{keep_snapshot, next_of_search};
use crate::watch::look::{Looked, look};

/// What came of one turn of the watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// There was something to do, and it was done, or failed for the first time.
    Further,
    /// What failed before failed once more: a watch until idle does not wait for that to end.
    InVain,
    /// There was nothing to do.
    Idle,
}

impl Watching<'_> {
    /// Looks, and scores one checkpoint where one waits.
    pub(super) fn turn(&mut self) -> Result<Turn> {
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
    pub(super) fn listen(&mut self, looked: &Looked) {
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
}
