//! The report while a sweep runs: written again after each checkpoint, but never so often that the writing costs much.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use spyglass_dashboards::run::{CheckpointLeft, Failure, UnderWay};

use super::plan::{Plan, PlannedCheckpoint};
use super::run::{score, snapshot_of};
use super::{Work, at_most};
use crate::Result;
use crate::executor::{Site, Summary};
use crate::progress::Event;
use crate::results::{now, rewrite_report};
use crate::run_file::{CheckpointOrder, ReportSpec};

/// Writing the report takes at most this share of the time, so that a sweep of thousands of small units does not drown in it.
const MOST_OF_THE_TIME: u32 = 20;
/// How often it is asked whether a checkpoint was scored.
const LOOK: Duration = Duration::from_millis(200);

/// Scores what is missing of a plan, and keeps saying beside the results how far it has come; with [`ReportSpec::Checkpoint`] in the
/// report as well.
///
/// # Errors
/// The results folder can no longer be written.
pub(super) fn score_and_tell(plan: Plan, site: &Site, report: ReportSpec) -> Result<Summary> {
    let live = &Live { site, began: now() };
    live.keep(plan.clone(), true)?;
    let summary = std::thread::scope(|scope| {
        let (scoring, ended) = channel::<()>();
        if report == ReportSpec::Checkpoint {
            scope.spawn(move || live.follow(ended));
        }
        let summary = score(plan, site);
        drop(scoring);
        summary
    })?;
    if summary.interrupted {
        live.keep(site.plan()?, false)?;
    } else {
        site.store.nothing_under_way();
    }
    Ok(summary)
}

/// A sweep as its report tells of it.
struct Live<'a> {
    site: &'a Site,
    /// When it began: what failed before is tried again.
    began: String,
}

impl Live<'_> {
    /// Writes the report when checkpoints were scored, until the scoring has ended.
    #[expect(clippy::needless_pass_by_value, reason = "it ends with this thread")]
    fn follow(&self, ended: Receiver<()>) {
        let (mut told, mut rest, mut since) = (0, Duration::ZERO, Instant::now());
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let scored = self.site.watch.tally().checkpoints;
            if scored == told || since.elapsed() < rest || self.site.watch.interrupt.is_set() {
                continue;
            }
            let begun = Instant::now();
            if let Err(error) = self.write() {
                // The end of the sweep writes it again, and fails with this where it still stands.
                let note = format!("the report is not written meanwhile: {}", error.in_full());
                self.site.watch.tell(&Event::Note(note));
                return;
            }
            (told, rest, since) = (scored, begun.elapsed() * MOST_OF_THE_TIME, Instant::now());
        }
    }

    fn write(&self) -> Result<()> {
        self.keep(self.site.plan()?, true)?;
        rewrite_report(&self.site.store).map(drop)
    }

    /// Keeps how far the sweep has come, by a plan made just now.
    fn keep(&self, plan: Plan, runs: bool) -> Result<()> {
        let Site { work, store, watch, .. } = self.site;
        let is_search = work.schedule.order == CheckpointOrder::FindOnset;
        let plan = if is_search { at_most(plan, work, store, &snapshot_of(work, store)?)? } else { plan };
        let failures: Vec<Failure> =
            store.failures().into_iter().filter(|failure| failure.time >= self.began).collect();
        let left = |planned: &PlannedCheckpoint| left(work, planned, &failures);
        store.keep_under_way(&UnderWay {
            units: plan.units().count(),
            done: plan.done().count(),
            left: plan.checkpoints.iter().filter_map(left).collect(),
            is_search,
            runs,
            seconds_left: watch.tally().pace().map(|(_, left)| left),
        })
    }
}

/// What of a checkpoint is neither done nor failed.
fn left(work: &Work, planned: &PlannedCheckpoint, failures: &[Failure]) -> Option<CheckpointLeft> {
    let at = planned.checkpoint.at();
    let failed = |task: &str| {
        let is_it = |failure: &Failure| {
            (failure.branch.as_str(), failure.step, failure.variant.as_deref()) == at
                && failure.task.as_deref().is_none_or(|failed| failed == task)
        };
        failures.iter().any(is_it)
    };
    let open = planned.units.iter().filter(|unit| !unit.is_done()).map(|unit| work.suite.name(unit.subject));
    let tasks: Vec<String> = open.filter(|task| !failed(task)).map(str::to_owned).collect();
    let (branch, step, variant) = at;
    let left = CheckpointLeft { branch: branch.into(), step, variant: variant.map(str::to_owned), tasks };
    Some(left).filter(|left| !left.tasks.is_empty())
}
