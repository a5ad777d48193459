//! A branch whose learning rate is told by a formula in the run file.

use spyglass_dashboards::run::{Fork, LogEntry};

use super::discover::Found;
use crate::run_file::{BranchSpec, RunFile};
use crate::{Error, Result};

/// Gives the log of a branch the rates that its `training:` tells, where the log tells none; without a log, the schedule stands for
/// it. Comes back with a note where the log tells its own rates, which count.
///
/// # Errors
/// The schedule ends before the last checkpoint.
pub(super) fn fill_rates(
    run: &RunFile,
    spec: &BranchSpec,
    fork: Option<&Fork>,
    found: &[Found],
    entries: &mut Vec<LogEntry>,
) -> Result<Option<String>> {
    let Some(schedule) = spec.schedule.as_ref() else { return Ok(None) };
    if entries.iter().any(|entry| entry.learning_rate.is_some()) {
        let what = "the log tells the learning rate, so `training:` is asked for tokens alone";
        return Ok(Some(format!("branch `{}`: {what}", spec.branch)));
    }
    let (first, shift) = match fork {
        Some(fork) if spec.counts_own_steps() => (0, (fork.step, fork.tokens)),
        Some(fork) => (fork.step, (0, 0)),
        None => (0, (0, 0)),
    };
    for entry in &mut *entries {
        entry.step -= shift.0;
        entry.tokens = entry.tokens.map(|tokens| tokens - shift.1);
    }
    let steps = || found.iter().map(|found| found.step - shift.0);
    let last = steps().chain(entries.last().map(|entry| entry.step)).max().unwrap_or(first);
    if let Some(end) = schedule.end().filter(|end| *end < last) {
        return Err(Error::RunFile {
            file: run.path.clone(),
            problem: format!(
                "`training` of branch `{}` ends at step {end}, but the branch goes on to step {last}",
                spec.branch
            ),
            help: "add the piece that follows to `learning_rate:`, or correct its steps".into(),
        });
    }
    schedule.fill(entries, first, last, steps());
    for entry in &mut *entries {
        entry.step += shift.0;
        entry.tokens = entry.tokens.map(|tokens| tokens + shift.1);
    }
    if let Some(fork) = fork {
        entries.retain(|entry| entry.step > fork.step);
    }
    Ok(None)
}
