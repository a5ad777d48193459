//! The executor for one machine: scores one checkpoint (or `jobs`) and meanwhile reads the next.

use super::slots::Memory;
use super::{Event, Executor, Site, Summary};
use crate::ask::{OurUnit, now};
use crate::checkpoint::{Hashing, Opened};
use crate::results::{Blamed, Claim, ClaimHolder, Claimed};
use crate::sweep::Subject;
use crate::sweep::plan::{Plan, PlannedCheckpoint, PlannedUnit, Standing, unit_folder};
use crate::talk::{OurPack, Talked};
use crate::{Error, Result};
use spyglass_dashboards::run::UnitRecord;
use spyglass_model::ScorerOptions;
use std::sync::{Mutex, MutexGuard, mpsc};
use std::time::Duration;

/// How long to wait before looking again at units that another sweep holds.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The executor for one machine.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    /// Checkpoints scored at once.
    pub jobs: usize,
    /// How each of them is scored, which changes no number.
    pub scorer: ScorerOptions,
}

impl Executor for Local {
    fn execute(&self, plan: Plan, site: &Site<'_>) -> Result<Summary> {
        let run = Running {
            site,
            scorer: self.scorer,
            memory: Memory::default(),
            summary: Mutex::default(),
            held: Mutex::default(),
            broken: Mutex::default(),
        };
        let left = || plan.units().filter(|unit| !unit.is_done());
        let items = left().map(PlannedUnit::items_left).sum();
        site.observer.notice(&Event::Planned { units: left().count(), items });
        let mut todo = plan.checkpoints;
        loop {
            run.round(todo, self.jobs.max(1));
            if let Some(error) = run.broken.lock().expect(UNPOISONED).take() {
                return Err(error);
            }
            todo = run.freed();
            if todo.is_empty() {
                break;
            }
        }
        let mut summary = run.summary.into_inner().expect(UNPOISONED);
        summary.interrupted = site.interrupt.is_set();
        Ok(summary)
    }
}

const UNPOISONED: &str = "no thread panics while it holds the lock";

/// A sweep that is under way.
struct Running<'a> {
    site: &'a Site<'a>,
    scorer: ScorerOptions,
    memory: Memory,
    summary: Mutex<Summary>,
    /// What another sweep holds, to be looked at again.
    held: Mutex<Vec<(PlannedCheckpoint, ClaimHolder)>>,
    /// The results can no longer be written.
    broken: Mutex<Option<Error>>,
}

impl Running<'_> {
    /// One pass over checkpoints: this thread reads them, `jobs` others score them.
    fn round(&self, todo: Vec<PlannedCheckpoint>, jobs: usize) {
        // Without a buffer, exactly one checkpoint is read ahead.
        let (ready, taken) = mpsc::sync_channel::<(PlannedCheckpoint, Opened<'_>)>(0);
        let taken = Mutex::new(taken);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    loop {
                        let next = taken.lock().expect(UNPOISONED).recv();
                        let Ok((planned, opened)) = next else { return };
                        self.score(planned, &opened);
                    }
                });
            }
            for planned in todo {
                if self.should_stop() {
                    break;
                }
                if let Some(next) = self.read(planned)
                    && ready.send(next).is_err()
                {
                    break;
                }
            }
            drop(ready);
        });
    }

    /// Reads a checkpoint that has something left to score.
    fn read(&self, mut planned: PlannedCheckpoint) -> Option<(PlannedCheckpoint, Opened<'_>)> {
        if let Some(reason) = planned.problem.clone() {
            self.checkpoint_failed(&planned, reason);
            return None;
        }
        if !planned.is_done() {
            self.site.observer.notice(&Event::Reading(&planned.checkpoint));
        }
        let before: Vec<usize> = planned.units.iter().map(PlannedUnit::items_left).collect();
        let was_left: Vec<bool> = planned.units.iter().map(|unit| !unit.is_done()).collect();
        let known = planned.identify(self.site.work, self.site.hashes, Hashing::Compute);
        if let Err(error) = known.and_then(|()| planned.stand(self.site.work, self.site.store)) {
            self.checkpoint_failed(&planned, error.in_full());
            return None;
        }
        let now: usize = planned.units.iter().map(PlannedUnit::items_left).sum();
        self.found(before.iter().sum::<usize>().saturating_sub(now));
        let mut left = Vec::new();
        for (unit, was_left) in std::mem::take(&mut planned.units).into_iter().zip(was_left) {
            match unit.standing {
                Standing::Done(record) => self.finished(*record, was_left, false),
                _ => left.push(unit),
            }
        }
        planned.units = left;
        if planned.units.is_empty() {
            self.site.store.forgive(Blamed::Checkpoint(&planned.checkpoint));
            return None;
        }
        match Opened::read(&planned, &self.site.work.settings, &self.memory) {
            Ok(opened) => {
                self.site.store.forgive(Blamed::Checkpoint(&planned.checkpoint));
                Some((planned, opened))
            }
            Err(error) => {
                self.checkpoint_failed(&planned, error.in_full());
                None
            }
        }
    }

    /// Scores the units of a checkpoint; those that another sweep holds are kept for later.
    fn score(&self, mut planned: PlannedCheckpoint, opened: &Opened<'_>) {
        let (mut held, mut holder) = (Vec::new(), None);
        for unit in std::mem::take(&mut planned.units) {
            if self.should_stop() {
                return;
            }
            match self.score_unit(&planned, &unit, opened) {
                Ok(None) => {}
                Ok(Some(other)) => {
                    held.push(unit);
                    holder = Some(other);
                }
                Err(error) => self.unit_failed(&planned, &unit, &error),
            }
        }
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
        opened: &Opened<'_>,
    ) -> Result<Option<ClaimHolder>> {
        let identity = planned.identity.as_ref().expect("a checkpoint is identified before it is read");
        let (work, store) = (self.site.work, self.site.store);
        let (inputs, folder) = unit_folder(work, store, &planned.checkpoint, identity, unit.subject);
        let _claim: Claim = match Claim::ask(&folder.claim_path()?)? {
            Claimed::Ours(claim) => claim,
            Claimed::Held(holder) => return Ok(Some(holder)),
        };
        // Another sweep may have finished it between our look and our claim.
        if let Ok(Some(record)) = folder.record()
            && record.items >= unit.items
        {
            self.found(unit.items_left());
            self.finished(record, true, false);
            return Ok(None);
        }
        let scored = match unit.subject {
            Subject::Task(task) => {
                let (checkpoint, scorer) = (&planned.checkpoint, self.scorer);
                OurUnit { checkpoint, task, inputs, folder, scorer }.score(opened, self.site.questions, self.site)?
            }
            Subject::Pack(pack) => {
                let pack = &work.suite.packs[pack];
                let ours = OurPack { checkpoint: &planned.checkpoint, pack, inputs, folder };
                let talked = ours.talk(opened, self.site)?;
                if let Some(Talked { record, failure: Some(error) }) = talked {
                    let (missing, blamed) =
                        (record.items_total - record.items, Blamed::Unit(&planned.checkpoint, &pack.name));
                    self.finished(record, true, true);
                    self.failed(blamed, error.in_full(), 0, missing);
                    return Ok(None);
                }
                talked.map(|talked| talked.record)
            }
        };
        if let Some(record) = scored {
            self.finished(record, true, true);
        }
        Ok(None)
    }

    /// Waits until another sweep has finished or left some of what it holds: what can be scored now.
    fn freed(&self) -> Vec<PlannedCheckpoint> {
        loop {
            let held = std::mem::take(&mut *self.held.lock().expect(UNPOISONED));
            let Some((_, holder)) = held.first() else { return Vec::new() };
            if self.should_stop() {
                return Vec::new();
            }
            self.site.observer.notice(&Event::Waiting(holder));
            std::thread::sleep(LOOK_AGAIN);
            let mut freed = Vec::new();
            for (mut planned, holder) in held {
                let (mut free, mut still_held) = (Vec::new(), Vec::new());
                for unit in std::mem::take(&mut planned.units) {
                    match self.look_again(&planned, &unit) {
                        Ok(Look::Finished(record)) => {
                            self.found(unit.items_left());
                            self.finished(*record, true, false);
                        }
                        Ok(Look::Free) => free.push(unit),
                        Ok(Look::Held) => still_held.push(unit),
                        Err(error) => self.unit_failed(&planned, &unit, &error),
                    }
                }
                if !free.is_empty() {
                    freed.push(planned.with_units(free));
                }
                if !still_held.is_empty() {
                    self.held.lock().expect(UNPOISONED).push((planned.with_units(still_held), holder));
                }
            }
            if !freed.is_empty() {
                return freed;
            }
        }
    }

    fn look_again(&self, planned: &PlannedCheckpoint, unit: &PlannedUnit) -> Result<Look> {
        let identity = planned.identity.as_ref().expect("a unit is held only after its checkpoint was identified");
        let (_, folder) = unit_folder(self.site.work, self.site.store, &planned.checkpoint, identity, unit.subject);
        match folder.record() {
            Ok(Some(record)) if record.items >= unit.items => return Ok(Look::Finished(Box::new(record))),
            _ => {}
        }
        Ok(match Claim::ask(&folder.claim_path()?)? {
            Claimed::Ours(_given_back) => Look::Free,
            Claimed::Held(_) => Look::Held,
        })
    }

    fn checkpoint_failed(&self, planned: &PlannedCheckpoint, reason: String) {
        let left = || planned.units.iter().filter(|unit| !unit.is_done());
        let items = left().map(PlannedUnit::items_left).sum();
        self.failed(Blamed::Checkpoint(&planned.checkpoint), reason, left().count(), items);
    }

    fn unit_failed(&self, planned: &PlannedCheckpoint, unit: &PlannedUnit, error: &Error) {
        let blamed = Blamed::Unit(&planned.checkpoint, self.site.work.suite.name(unit.subject));
        self.failed(blamed, error.in_full(), 1, unit.items_left());
    }

    fn failed(&self, blamed: Blamed<'_>, reason: String, units: usize, items: usize) {
        let failure = blamed.failure(reason, now());
        self.site.observer.notice(&Event::Failed { failure: &failure, units, items });
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
            self.site.observer.notice(&Event::Scored { items, tokens: 0 });
        }
    }

    fn finished(&self, record: UnitRecord, was_left: bool, fresh: bool) {
        self.site.observer.notice(&Event::Finished { record: &record, was_left });
        self.site.store.forgive(Blamed::Unit(&record.checkpoint, &record.task));
        let mut summary = self.summary();
        summary.scored += usize::from(fresh);
        summary.records.push(record);
    }

    fn summary(&self) -> MutexGuard<'_, Summary> {
        self.summary.lock().expect(UNPOISONED)
    }

    fn should_stop(&self) -> bool {
        self.site.interrupt.is_set() || self.broken.lock().expect(UNPOISONED).is_some()
    }
}

/// How a unit that another sweep held stands now.
enum Look {
    Finished(Box<UnitRecord>),
    Free,
    Held,
}
