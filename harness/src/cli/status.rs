//! `spyglass status`: what is done, what failed and why, what is left.

use super::numbers::{counted, duration, thousands};
use super::plan::needed;
use super::progress::failed;
use super::{Exit, print};
use crate::Result;
use crate::results::{Hashes, Store};
use crate::run_file::RunFile;
use crate::sweep::plan::{Plan, UnitStatus};
use crate::sweep::{Overrides, Work};
use clap::Args;
use spyglass_dashboards::run::Cost;
use std::path::PathBuf;

/// Tell how many units are done, failed (with the reason) and left
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The run file
    run: PathBuf,
}

impl Status {
    pub(super) fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let (store, hashes) = (Store::open(&run.results), Hashes::open(&run.results));
        let work = Work::of_run(&run, &Overrides::default())?;
        let plan = Plan::new(&work, &store, &hashes)?;
        let failures = store.failures();
        let lines = text(&plan, failures.iter().map(failed).collect());
        print(&(count(plan, &work, &store)? + "\n" + &lines))?;
        Ok(if failures.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}

/// How many units are done, and how many are left: of a search at most.
fn count(plan: Plan, work: &Work, store: &Store) -> Result<String> {
    let (all, done) = (plan.units().count(), plan.done().count());
    let begun = plan.units().filter(|unit| matches!(unit.status, UnitStatus::Open { items } if items > 0)).count();
    let begun = if begun > 0 { format!(" ({begun} of them begun)") } else { String::new() };
    let needed = needed(plan, work, store)?.units().count();
    let left = match (needed - done, all - needed) {
        (left, 0) => format!("{left} left"),
        (0, spared) => format!("the search for onsets is over: {spared} need not be scored"),
        (left, spared) => format!("at most {left} left, {spared} need not be scored"),
    };
    Ok(format!("{done} of {} done, {left}{begun}", counted(all, "unit")))
}

fn text(plan: &Plan, failures: Vec<String>) -> String {
    let mut lines = Vec::new();
    for planned in &plan.checkpoints {
        let done = planned.units.iter().filter(|unit| unit.is_done()).count();
        let note = match (&planned.problem, &planned.identity) {
            (Some(problem), _) => format!("  {}", problem.replace('\n', " ")),
            (None, None) => "  weights not hashed yet, so its units count as left".into(),
            _ => String::new(),
        };
        lines.push(format!("  {:<32} {done:>4} of {}{note}", planned.name(), planned.units.len()));
    }
    let sum = |count: fn(&Cost) -> u64| plan.done().map(|record| count(&record.cost)).sum::<u64>();
    let (computed, requested) = (sum(|cost| cost.tokens_computed), sum(|cost| cost.tokens_requested));
    if requested > 0 {
        let saved = 100.0 * (1.0 - computed as f64 / requested as f64);
        let seconds = duration(plan.done().map(|record| record.cost.seconds).sum());
        let (computed, requested) = (thousands(computed), thousands(requested));
        lines.push(format!(
            "{computed} tokens computed in {seconds}; {saved:.0} % of {requested} were shared and not computed again"
        ));
    }
    lines.extend(failures);
    lines.join("\n") + "\n"
}
