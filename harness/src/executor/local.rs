//! The executor for one machine: scores one checkpoint (or `jobs`) and meanwhile reads the next.
//!
//! ```text
//! plan ─► read: hash the weights, look the units up ─► score: claim each unit ─► ask or talk ─► finished
//!  ▲         │ broken ─► checkpoint failed                 │ held by another worker  │ broken ─► unit failed
//!  │         │ nothing left ─► finished before             ▼
//!  │         └ another worker is at it ─► last of all     held: looked at every half second, once all else is done
//!  └──────────────────────────────────── put down or finished ◄─┘
//! ```

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, mpsc};
use std::time::Duration;

use spyglass_dashboards::run::UnitRecord;

use super::alone::{Alone, Company};
use super::reading::Reading;
use super::slots::{Slot, Slots};
use super::{Site, Summary, load};
use crate::ask::TaskJob;
use crate::checkpoint::{Hashing, Loaded};
use crate::hub::{Held, Pinned, Talk};
use crate::progress::{Event, Finish};
use crate::results::{ClaimHolder, Claimed, FailureScope, now};
use crate::suite::Subject;
use crate::sweep::plan::{Plan, PlannedCheckpoint, PlannedUnit};
use crate::talk::{PackJob, Talked};
use crate::{Error, Result};

/// How long to wait before looking again at units that another worker holds.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const UNPOISONED: &str = "no thread panics while it holds the lock";

/// Scores what is missing. One checkpoint or unit that fails is kept as a failure, and the others go on.
///
/// # Errors
/// The results folder can no longer be written.
pub(crate) fn execute(plan: Plan, site: &Site) -> Result<Summary> {
    let run = Running {
        site,
        slots: Slots::default(),
        summary: Mutex::default(),
        held: Mutex::default(),
        shared: Mutex::default(),
        broken: Mutex::default(),
        scored: Mutex::new(plan.checkpoints.iter().filter_map(PlannedCheckpoint::pinned).collect()),
    };
    let left = || plan.units().filter(|unit| !unit.is_done());
    let items = left().map(PlannedUnit::items_left).sum();
    site.watch.tell(&Event::Planned { units: left().count(), items });
    let (mut todo, mut company) = (plan.checkpoints, Company::Avoid);
    while !todo.is_empty() {
        run.round(todo, company);
        if let Some(error) = run.broken.lock().expect(UNPOISONED).take() {
            return Err(error);
        }
        // Where nothing else is left, checkpoints are shared, unit by unit.
        company = Company::Share;
        todo = std::mem::take(&mut *run.shared.lock().expect(UNPOISONED));
        if todo.is_empty() && site.beside.waits {
            todo = run.put_down();
        }
    }
    // What an earlier sweep left when it was killed, and what nobody needs any more.
    if !site.watch.interrupt.is_set() {
        site.tidy(&run.scored.lock().expect(UNPOISONED));
    }
    let mut summary = run.summary.into_inner().expect(UNPOISONED);
    summary.interrupted = site.watch.interrupt.is_set();
    Ok(summary)
}

/// A plan that is being carried out.
struct Running<'a> {
    site: &'a Site,
    slots: Slots,
    summary: Mutex<Summary>,
    /// What another worker holds, to be looked at again.
    held: Mutex<Vec<(PlannedCheckpoint, ClaimHolder)>>,
    /// Checkpoints that another worker has in memory, left for the end.
    shared: Mutex<Vec<PlannedCheckpoint>>,
    /// The results can no longer be written.
    broken: Mutex<Option<Error>>,
    /// What lies on the hub of the plan, but for what could not be had.
    scored: Mutex<BTreeSet<Pinned>>,
}

/// A checkpoint in memory, with the units that are left of it.
struct Ready<'a> {
    planned: PlannedCheckpoint,
    loaded: Loaded,
    _alone: Alone,
    _slot: Slot<'a>,
    _held: Option<Held<'a>>,
}

impl Running<'_> {
    /// One pass over checkpoints: this thread reads them, `jobs` others score them.
    fn round(&self, todo: Vec<PlannedCheckpoint>, company: Company) {
        // Without a buffer, exactly one checkpoint is read ahead.
        let (ready, taken) = mpsc::sync_channel::<Ready<'_>>(0);
        let taken = Mutex::new(taken);
        std::thread::scope(|scope| {
            for _ in 0..self.site.capacity.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let next = taken.lock().expect(UNPOISONED).recv();
                        let Ok(next) = next else { return };
                        self.score(next);
                    }
                });
            }
            for planned in todo {
                if self.should_stop() {
                    break;
                }
                if let Some(next) = self.read(planned, company)
                    && ready.send(next).is_err()
                {
                    break;
                }
            }
            drop(ready);
        });
    }

    /// Reads a checkpoint that has something left to score.
    fn read(&self, mut planned: PlannedCheckpoint, company: Company) -> Option<Ready<'_>> {
        if let Some(reason) = planned.problem.clone() {
            self.checkpoint_failed(&planned, reason);
            return None;
        }
        let Some(alone) = Alone::ask(&planned, self.site, company) else {
            self.shared.lock().expect(UNPOISONED).push(planned);
            return None;
        };
        if !planned.is_done() {
            self.site.watch.tell(&Event::Reading(planned.checkpoint.clone()));
        }
        let _reading = Reading::of(&planned, self.site);
        // What is known of a commit holds when its files are gone: units that are done need no files.
        let mut held = None;
        if planned.identity.is_none() && self.bring(&planned, &mut held).is_break() {
            return None;
        }
        let before: Vec<(usize, bool)> = planned.units.iter().map(|unit| (unit.items_left(), unit.is_done())).collect();
        let known = planned.identify(&self.site.work, &self.site.hashes, Hashing::Compute);
        if let Err(error) = known.and_then(|()| planned.resolve(&self.site.work, &self.site.store)) {
            self.not_read(&planned, &error);
            return None;
        }
        let (items_before, items_now): (usize, usize) =
            (before.iter().map(|(items, _)| items).sum(), planned.units.iter().map(PlannedUnit::items_left).sum());
        self.found(items_before.saturating_sub(items_now));
        let mut left = Vec::new();
        for (unit, (_, was_done)) in std::mem::take(&mut planned.units).into_iter().zip(before) {
            let finish = if was_done { Finish::Before } else { Finish::Elsewhere };
            match self.record(&planned, &unit) {
                Some(record) => self.finished(record, finish),
                None => left.push(unit),
            }
        }
        planned.units = left;
        if !planned.units.is_empty() && held.is_none() && self.bring(&planned, &mut held).is_break() {
            return None;
        }
        let loaded =
            if planned.units.is_empty() { Ok(None) } else { load::load(&planned, self.site, &self.slots).map(Some) };
        match loaded {
            Ok(loaded) => {
                self.site.store.clear_failure(FailureScope::Checkpoint(&planned.checkpoint));
                loaded.map(|(loaded, slot)| Ready { planned, loaded, _alone: alone, _slot: slot, _held: held })
            }
            Err(error) => {
                self.not_read(&planned, &error);
                None
            }
        }
    }

    /// The summary of a unit that is finished, in full; `None` where it is damaged by now, too.
    fn record(&self, planned: &PlannedCheckpoint, unit: &PlannedUnit) -> Option<UnitRecord> {
        let folder = || planned.unit_folder(unit.subject, &self.site.work, &self.site.store).1;
        unit.is_done().then(folder)?.record().ok()?
    }

    /// Brings a checkpoint that lies on the hub, and puts it into `held`; breaks off where it cannot be had or we are to stop.
    fn bring<'s>(&'s self, planned: &PlannedCheckpoint, held: &mut Option<Held<'s>>) -> ControlFlow<()> {
        let Some(pinned) = planned.pinned() else { return ControlFlow::Continue(()) };
        let watch = &self.site.watch;
        watch.tell(&Event::Fetching(planned.checkpoint.clone()));
        let talk = Talk { tell: &|text| watch.tell(&Event::Note(text.into())), stop: &|| self.should_stop() };
        let keep = self.site.work.keeps(&planned.checkpoint);
        match self.site.fetcher().and_then(|fetcher| fetcher.bring(&pinned, keep, talk)) {
            Ok(Some(brought)) => {
                *held = Some(brought);
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Break(()),
            Err(error) => {
                self.scored.lock().expect(UNPOISONED).remove(&pinned);
                self.checkpoint_failed(planned, error.in_full());
                ControlFlow::Break(())
            }
        }
    }

    /// Scores the units of a checkpoint; those that another worker holds are kept for later.
    fn score(&self, ready: Ready<'_>) {
        let Ready { mut planned, loaded, _alone, _slot, _held } = ready;
        let (mut held, mut holder) = (Vec::new(), None);
        for unit in std::mem::take(&mut planned.units) {
            if self.should_stop() {
                return;
            }
            match self.score_unit(&planned, &unit, &loaded) {
                Ok(None) => {}
                Ok(Some(other)) => {
                    held.push(unit);
                    holder = Some(other);
                }
                Err(error) => self.unit_failed(&planned, &unit, &error),
            }
        }
        self.site.watch.tell(&Event::Left(planned.checkpoint.clone()));
        if let Some(holder) = holder {
            planned.units = held;
            self.held.lock().expect(UNPOISONED).push((planned, holder));
        }
    }

    /// Scores a unit, or tells who holds it.
    fn score_unit(
        &self,
        planned: &PlannedCheckpoint,
        unit: &PlannedUnit,
        loaded: &Loaded,
    ) -> Result<Option<ClaimHolder>> {
        let Site { work, store, questions, claims, watch, capacity, .. } = self.site;
        let (inputs, folder) = planned.unit_folder(unit.subject, work, store);
        let claim = match claims.ask(folder.path())? {
            Claimed::Ours(claim) => claim,
            Claimed::Held(holder) => return Ok(Some(holder)),
        };
        // Another sweep may have finished it between our look and our claim.
        if let Ok(Some(record)) = folder.record()
            && record.items >= unit.items
        {
            claim.close();
            self.found(unit.items_left());
            self.finished(record, Finish::Elsewhere);
            return Ok(None);
        }
        let checkpoint = &planned.checkpoint;
        let (record, failure) = match unit.subject {
            Subject::Task(index) => {
                let (task, scorer) = (&work.suite.tasks[index], capacity.scorer);
                let job = TaskJob { checkpoint, task, index, inputs, folder, scorer };
                (job.score(loaded, questions, watch)?, None)
            }
            Subject::Pack(pack) => {
                let job = PackJob { checkpoint, pack: &work.suite.packs[pack], inputs, folder };
                job.talk(loaded, watch)?.map_or((None, None), |Talked { record, failure }| (Some(record), failure))
            }
        };
        if let Some(record) = record {
            claim.close();
            let missing = record.items_total.saturating_sub(record.items);
            self.finished(record, Finish::Here);
            if let Some(error) = failure {
                let scope = FailureScope::Unit(checkpoint, work.suite.name(unit.subject));
                self.failed(scope, error.in_full(), 0, missing);
            }
        }
        Ok(None)
    }

    /// Waits until another worker has finished or given up some of what it holds, and gives that back to be read again.
    fn put_down(&self) -> Vec<PlannedCheckpoint> {
        loop {
            let held = std::mem::take(&mut *self.held.lock().expect(UNPOISONED));
            let Some((_, holder)) = held.first() else { return Vec::new() };
            if self.should_stop() {
                return Vec::new();
            }
            self.site.watch.tell(&Event::Waiting(holder.clone()));
            std::thread::sleep(LOOK_AGAIN);
            let mut put_down = Vec::new();
            for (mut planned, holder) in held {
                let units = std::mem::take(&mut planned.units);
                let (free, held): (Vec<_>, Vec<_>) = units.into_iter().partition(|unit| !self.is_held(&planned, unit));
                if !free.is_empty() {
                    put_down.push(planned.with_units(free));
                }
                if !held.is_empty() {
                    self.held.lock().expect(UNPOISONED).push((planned.with_units(held), holder));
                }
            }
            if !put_down.is_empty() {
                return put_down;
            }
        }
    }

    /// Whether another worker still works on a unit. One that cannot be asked for fails when it is scored.
    fn is_held(&self, planned: &PlannedCheckpoint, unit: &PlannedUnit) -> bool {
        let (_, folder) = planned.unit_folder(unit.subject, &self.site.work, &self.site.store);
        let finished = folder.record().is_ok_and(|record| record.is_some_and(|record| record.items >= unit.items));
        !finished && matches!(self.site.claims.holder(folder.path()), Ok(Some(_)))
    }

    /// A checkpoint could not be read. Where that was stopped nothing has failed: the next sweep reads it.
    fn not_read(&self, planned: &PlannedCheckpoint, error: &Error) {
        if !error.is_interrupt() {
            self.checkpoint_failed(planned, load::why(planned, error));
        }
    }

    fn checkpoint_failed(&self, planned: &PlannedCheckpoint, reason: String) {
        let left = || planned.units.iter().filter(|unit| !unit.is_done());
        let items = left().map(PlannedUnit::items_left).sum();
        self.failed(FailureScope::Checkpoint(&planned.checkpoint), reason, left().count(), items);
    }

    fn unit_failed(&self, planned: &PlannedCheckpoint, unit: &PlannedUnit, error: &Error) {
        let scope = FailureScope::Unit(&planned.checkpoint, self.site.work.suite.name(unit.subject));
        self.failed(scope, error.in_full(), 1, unit.items_left());
    }

    fn failed(&self, scope: FailureScope<'_>, reason: String, units: usize, items: usize) {
        let failure = scope.failure(reason, now());
        self.site.watch.tell(&Event::Failed { failure: failure.clone(), units, items });
        if let Err(error) = self.site.store.fail(&failure) {
            self.broken.lock().expect(UNPOISONED).get_or_insert(error);
        }
        let mut summary = self.summary();
        summary.failures.push(failure);
        summary.units_failed += units;
    }

    /// Items that the plan counted as left lie there already.
    fn found(&self, items: usize) {
        if items > 0 {
            self.site.watch.tell(&Event::Scored { items, tokens: 0 });
        }
    }

    fn finished(&self, record: UnitRecord, finish: Finish) {
        let score = record.metrics.iter().find(|metric| metric.name == record.primary_metric);
        self.site.watch.tell(&Event::Finished {
            finish,
            checkpoint: record.checkpoint.clone(),
            task: record.task.clone(),
            score: score.map(|metric| (metric.name.clone(), metric.value)),
        });
        self.site.store.clear_failure(FailureScope::Unit(&record.checkpoint, &record.task));
        let mut summary = self.summary();
        summary.scored += usize::from(finish == Finish::Here);
        summary.records.push(record);
    }

    fn summary(&self) -> MutexGuard<'_, Summary> {
        self.summary.lock().expect(UNPOISONED)
    }

    fn should_stop(&self) -> bool {
        self.site.watch.interrupt.is_set() || self.broken.lock().expect(UNPOISONED).is_some()
    }
}
