//! The alarms that speak at a checkpoint, as if it were the newest of its run.

use crate::alarms::{Alarm, AlarmKind};
use crate::findings::findings;
use crate::run::{Checkpoint, Run, RunTree};

/// The alarms on the branch of `at`, from what was known when it was written: what came later, and on branches that it does not descend
/// from, is not looked at.
pub fn alarms_at(mut run: Run, at: &Checkpoint) -> Vec<Alarm> {
    let line = ancestors(&run.tree, &at.branch);
    run.tree.branches.retain(|branch| line.contains(&branch.name));
    for branch in run.tree.branches.iter_mut().filter(|branch| branch.name == at.branch) {
        branch.checkpoints.retain(|checkpoint| checkpoint.step <= at.step);
        branch.log.entries.retain(|entry| entry.step <= at.step);
        branch.phases.retain(|phase| phase.from_step <= at.step);
    }
    let known = |own: &Checkpoint| line.contains(&own.branch) && (own.branch != at.branch || own.step <= at.step);
    run.units.retain(|unit| known(&unit.record.checkpoint));
    run.packs.retain(|pack| known(&pack.record.checkpoint));
    let mut alarms = findings(&run).alarms;
    alarms.retain(|alarm| alarm.place.branch == at.branch);
    alarms
}

/// The branch and those it leaves.
fn ancestors(tree: &RunTree, branch: &str) -> Vec<String> {
    let mut line = vec![branch.to_owned()];
    while let Some(fork) = line.last().and_then(|name| tree.branch(name)).and_then(|branch| branch.fork.as_ref()) {
        line.push(fork.branch.clone());
    }
    line
}

/// Whether an alarm is read from the training log, and not from scores.
pub fn reads_log(kind: AlarmKind) -> bool {
    matches!(kind, AlarmKind::Collapse | AlarmKind::LossSpike | AlarmKind::Plateau)
}
