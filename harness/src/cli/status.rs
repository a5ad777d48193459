//! `spyglass status`: what is done, what failed and why, what is left.

use super::progress::failed;
use super::{Exit, counted, duration, print, thousands};
use crate::Result;
use crate::plan::{Plan, Standing};
use crate::run_file::RunFile;
use crate::store::{Hashes, Store};
use crate::work::{Overrides, Work};
use clap::Args;
use std::fmt::Write;
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
        print(&text(&plan, &failures.iter().map(failed).collect::<Vec<_>>()))?;
        Ok(if failures.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}

fn text(plan: &Plan, failures: &[String]) -> String {
    let (all, done) = (plan.units().count(), plan.done().count());
    let begun = plan.units().filter(|unit| matches!(unit.standing, Standing::Open { items } if items > 0)).count();
    let unknown =
        plan.checkpoints.iter().filter(|planned| planned.identity.is_none() && planned.problem.is_none()).count();
    let (mut computed, mut requested, mut seconds) = (0, 0, 0.0);
    for record in plan.done() {
        computed += record.cost.tokens_computed;
        requested += record.cost.tokens_requested;
        seconds += record.cost.seconds;
    }
    let mut text = format!("{} of {} done, {} left", done, counted(all, "unit"), all - done);
    if begun > 0 {
        write!(text, " ({begun} of them begun)").expect("a string takes all that is written to it");
    }
    text.push('\n');
    for planned in &plan.checkpoints {
        let done = planned.units.iter().filter(|unit| unit.is_done()).count();
        let note = match (&planned.problem, &planned.identity) {
            (Some(problem), _) => format!("  {}", problem.replace('\n', " ")),
            (None, None) => "  weights not hashed yet".into(),
            _ => String::new(),
        };
        text += &format!("  {:<32} {done:>4} of {}{note}\n", planned.name(), planned.units.len());
    }
    if unknown > 0 {
        text += &format!("{} not hashed yet: their units count as left\n", counted(unknown, "checkpoint"));
    }
    if requested > 0 {
        let saved = 100.0 * (1.0 - computed as f64 / requested as f64);
        text += &format!(
            "{} tokens computed in {}; {saved:.0} % of {} were shared and not computed again\n",
            thousands(computed),
            duration(seconds),
            thousands(requested)
        );
    }
    for failure in failures {
        text += failure;
        text.push('\n');
    }
    text
}
