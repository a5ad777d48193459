//! Alarms of a branch's own log: what the loss does that the learning rate does not explain.

use super::alarm::{Alarm, AlarmKind, Place};
use super::loss::loss_alarms;
use super::no_number::no_number_alarms;
use super::plateau::{RateAtEnd, plateau_alarm};
use super::rules::Seen;
use crate::analysis::statistics::median;
use crate::analysis::{lr_phases, plateau};
use crate::run::{Branch, LogEntry, Phase, RunTree};

/// Losses before a re-warming that tell where the loss stood.
const BEFORE: usize = 50;

/// What the schedule does where an entry is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    /// Place of its phase among the branch's.
    phase: Option<usize>,
    /// The rate is being warmed again, and the loss rises with it.
    rewarming: bool,
    /// It was warmed again before, and the loss may still be on its way from there.
    rewarmed: bool,
}

/// Every branch's own log.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    let tree = &seen.run.tree;
    tree.branches.iter().flat_map(|branch| of_log(tree, branch)).collect()
}

/// Alarms of the branch's own entries: each phase afresh, the plateau at its end.
///
/// The path's log tells where the rate was warmed again, also where the run file names the phases.
fn of_log(tree: &RunTree, branch: &Branch) -> Vec<Alarm> {
    let path = tree.log_path(&branch.name);
    let rates: Vec<(u64, f64)> = path.iter().filter_map(|entry| Some((entry.step, entry.learning_rate?))).collect();
    let by_rate = lr_phases(&rates);
    let named: Vec<(Phase, u64)> = branch.phases.iter().map(|start| (start.phase, start.from_step)).collect();
    let rewarms = |phases: &[(Phase, u64)], at: Option<usize>| at.is_some_and(|at| phases[at].0 == Phase::Rewarm);
    let moment = |entry: &LogEntry| {
        let at = |phases: &[(Phase, u64)]| phases.iter().rposition(|phase| phase.1 <= entry.step);
        let before =
            |phases: &[(Phase, u64)]| phases.iter().any(|phase| phase.0 == Phase::Rewarm && phase.1 <= entry.step);
        Moment {
            phase: at(&named),
            rewarming: rewarms(&by_rate, at(&by_rate)) || rewarms(&named, at(&named)),
            rewarmed: before(&by_rate) || before(&named),
        }
    };
    let mut found = Vec::new();
    let mut last = None;
    for part in branch.log.entries.chunk_by(|a, b| moment(a) == moment(b)) {
        let now = moment(&part[0]);
        found.extend(loss_alarms(&branch.name, part, now.rewarming));
        last = Some((now, part));
    }
    let no_number = no_number_alarms(&branch.name, &branch.log.entries, &found);
    found.extend(no_number);
    let Some((now, part)) = last else { return found };
    // What has collapsed does not stand still: one alarm tells it.
    let collapsed =
        |alarm: &Alarm| alarm.kind == AlarmKind::Collapse && alarm.place.step >= part.first().map(|entry| entry.step);
    if found.iter().any(collapsed) {
        return found;
    }
    let warming = now.rewarming || now.phase.is_some_and(|at| named[at].0 == Phase::Warmup);
    if !warming && (!now.rewarmed || is_back(&path, &moment, part)) {
        found.extend(stands_still(branch, part, &path));
    }
    found
}

/// The loss is back where it stood before the rate was warmed again; until then the schedule explains that it does not fall.
fn is_back(path: &[&LogEntry], moment: &dyn Fn(&LogEntry) -> Moment, part: &[LogEntry]) -> bool {
    let finite = |entry: &LogEntry| entry.loss.filter(|loss| loss.is_finite());
    let Some(start) = path.iter().rposition(|entry| moment(entry).rewarming) else { return false };
    let start = path[..start].iter().rposition(|entry| !moment(entry).rewarming).map_or(0, |calm| calm + 1);
    let before: Vec<f64> = path[..start].iter().rev().filter_map(|entry| finite(entry)).take(BEFORE).collect();
    let since: Vec<f64> = part.iter().rev().filter_map(finite).take(BEFORE).collect();
    median(&before).zip(median(&since)).is_some_and(|(before, since)| since <= before)
}

fn stands_still(branch: &Branch, part: &[LogEntry], path: &[&LogEntry]) -> Option<Alarm> {
    let logged = part.iter().filter_map(|entry| Some((entry.tokens? as f64, entry.loss?)));
    let (tokens, loss): (Vec<f64>, Vec<f64>) = logged.unzip();
    let end = part.last()?;
    let place = Place { task: None, branch: branch.name.clone(), step: Some(end.step), tokens: end.tokens };
    let rates = |entries: &mut dyn Iterator<Item = &LogEntry>| -> Vec<f64> {
        entries.filter_map(|entry| entry.learning_rate.filter(|rate| rate.is_finite())).collect()
    };
    let half = end.tokens.map(|end| part[0].tokens.unwrap_or(0).midpoint(end));
    let recent = rates(&mut part.iter().filter(|entry| entry.tokens >= half));
    let rate = RateAtEnd::of(&recent, &rates(&mut path.iter().copied()));
    plateau_alarm(place, &plateau(&tokens, &loss)?, rate)
}
#[cfg(test)]
mod tests;
