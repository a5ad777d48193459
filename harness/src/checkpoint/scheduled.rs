//! A branch whose learning rate is told by a formula in the run file.

use super::discover::Found;
use super::tokens::own_step;
use crate::run_file::{BranchSpec, RunFile, StepsSpec};
use crate::{Error, Result};
use spyglass_dashboards::run::{Fork, LogEntry};

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
    let Some(schedule) = spec.schedule.as_ref().filter(|schedule| schedule.tells_rates()) else { return Ok(None) };
    if entries.iter().any(|entry| entry.learning_rate.is_some()) {
        let what = "the log tells the learning rate, so `training:` is asked for tokens alone";
        return Ok(Some(format!("branch `{}`: {what}", spec.branch)));
    }
    let own = |step: u64| own_step(spec, fork, step);
    let logged = entries.iter().map(|entry| entry.step);
    let last = found.iter().map(|found| found.step).chain(logged.clone()).max().unwrap_or(0);
    if let Some(end) = schedule.end().filter(|end| *end < own(last)) {
        return Err(Error::RunFile {
            file: run.path.clone(),
            what: format!(
                "`training` of branch `{}` ends at step {end}, but the branch goes on to step {}",
                spec.branch,
                own(last)
            ),
            help: "add the piece that follows to `learning_rate:`, or correct its steps".into(),
        });
    }
    let (first, added) = match fork {
        Some(fork) if spec.steps == StepsSpec::Own => (0, (fork.step, fork.tokens)),
        Some(fork) => (fork.step, (0, 0)),
        None => (0, (0, 0)),
    };
    let asked: Vec<u64> = found.iter().map(|found| own(found.step)).chain(logged.map(own)).collect();
    let mut told = schedule.entries(first, own(last), asked.into_iter());
    for entry in &mut told {
        entry.step += added.0;
        entry.tokens = entry.tokens.map(|tokens| tokens + added.1);
        if let Ok(at) = entries.binary_search_by_key(&entry.step, |logged| logged.step) {
            let logged = &entries[at];
            *entry = LogEntry {
                learning_rate: entry.learning_rate,
                tokens: logged.tokens.or(entry.tokens),
                ..logged.clone()
            };
        }
    }
    if let Some(fork) = fork {
        told.retain(|entry| entry.step > fork.step);
    }
    *entries = told;
    Ok(None)
}
