//! The learning-rate phases of a branch.

use spyglass_dashboards::analysis::lr_phases;
use spyglass_dashboards::run::{Branch, LogEntry, PhaseStart, RunTree};

use super::tokens;
use super::tree::placed_entry;
use crate::run_file::{PhasesSpec, RunFile};

/// The phases of a branch's whole path: as the run file names them, or from the log.
pub(super) fn of_branch(run: &RunFile, tree: &RunTree, branch: &Branch) -> Vec<PhaseStart> {
    let path: Vec<LogEntry> = tree.log_path(&branch.name).into_iter().cloned().collect();
    let tokens = |step: u64| {
        let placed: Vec<_> = tree.path(&branch.name).into_iter().map(placed_entry).collect();
        let from =
            |entries: &[LogEntry]| tokens::interpolate(entries, step, |entry| entry.tokens.map(|tokens| tokens as f64));
        from(&path).or_else(|| from(&placed)).map_or(0, |tokens| tokens.round() as u64)
    };
    let phases: Vec<_> = match &run.phases {
        PhasesSpec::Auto => {
            let rates: Vec<_> = path.iter().filter_map(|entry| Some((entry.step, entry.learning_rate?))).collect();
            lr_phases(&rates)
        }
        PhasesSpec::Given(given) => {
            let mut named = Vec::new();
            for (name, until) in lineage(tree, branch) {
                let own = given
                    .iter()
                    .filter(|phase| phase.branch == name && until.is_none_or(|until| phase.from_step <= until));
                named.extend(own.map(|phase| (phase.phase, phase.from_step)));
            }
            named.sort_by_key(|(_, step)| *step);
            named
        }
    };
    phases
        .into_iter()
        .map(|(phase, from_step)| PhaseStart { phase, from_step, from_tokens: tokens(from_step) })
        .collect()
}

/// The branch and its ancestors, oldest first, each with the step up to which its part of the path reaches.
fn lineage<'a>(tree: &'a RunTree, branch: &'a Branch) -> Vec<(&'a str, Option<u64>)> {
    let mut line = vec![(branch.name.as_str(), None)];
    let mut at = branch;
    while let Some(fork) = &at.fork {
        line.push((fork.branch.as_str(), Some(fork.step)));
        at = tree.branch(&fork.branch).expect("branches come after their parents");
    }
    line.reverse();
    line
}
