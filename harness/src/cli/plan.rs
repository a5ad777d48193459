//! `spyglass plan`: what a sweep would do.

use super::sweep::Narrow;
use super::{Exit, Threads, counted, duration, print, say, thousands};
use crate::Result;
use crate::plan::{Estimate, Plan, Standing, estimate};
use crate::run_file::RunFile;
use crate::store::{Hashes, Store};
use crate::work::Work;
use clap::Args;
use std::path::PathBuf;

/// Tell what a sweep would do: units, tokens to compute, time and memory; nothing is run
#[derive(Debug, Args)]
pub(super) struct PlanRun {
    /// The run file
    run: PathBuf,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    threads: Threads,
}

impl PlanRun {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let run = RunFile::read(&self.run)?;
        let work = Work::of_run(&run, &self.narrow.overrides())?;
        let (store, hashes) = (Store::open(&run.results), Hashes::open(&run.results));
        let plan = Plan::new(&work, &store, &hashes)?;
        let estimate = estimate(&work, &plan)?;
        for note in work.notes.iter().chain(&work.suite.bad_rows()).chain(&estimate.problems) {
            say(note);
        }
        for task in &work.suite.tasks {
            if let Err(error) = &task.items {
                say(&format!("{}: {}", task.task.name, error.in_full()));
            }
        }
        print(&text(&work, &plan, &estimate))?;
        Ok(Exit::Well)
    }
}

fn text(work: &Work, plan: &Plan, estimate: &Estimate) -> String {
    let (all, done) = (plan.units().count(), plan.done().count());
    let begun = plan.units().filter(|unit| matches!(unit.standing, Standing::Open { items } if items > 0)).count();
    let items: usize = plan.units().map(crate::plan::PlannedUnit::items_left).sum();
    let mut text = format!(
        "{} on {} branches, {}\n",
        counted(plan.checkpoints.len(), "checkpoint"),
        work.tree.branches.len(),
        counted(work.suite.tasks.len(), "task")
    );
    text += &format!("{}: {done} done, {} to score", counted(all, "unit"), all - done);
    if begun > 0 {
        text += &format!(" ({begun} of them begun)");
    }
    text += &format!(", {}\n", counted(items, "item"));
    let unhashed =
        plan.checkpoints.iter().filter(|planned| planned.identity.is_none() && planned.problem.is_none()).count();
    if unhashed > 0 {
        text +=
            &format!("{} not hashed yet: some of their units may be done already\n", counted(unhashed, "checkpoint"));
    }
    for planned in plan.checkpoints.iter().filter(|planned| planned.problem.is_some()) {
        text += &format!(
            "{} cannot be read: {}\n",
            planned.name(),
            planned.problem.as_deref().unwrap_or("").replace('\n', " ")
        );
    }
    if estimate.tokens_computed > 0 {
        let saved = 100.0 * (1.0 - estimate.tokens_computed as f64 / estimate.tokens_requested as f64);
        text += &format!(
            "{} tokens to compute; one request at a time it would be {} ({saved:.0} % shared)\n",
            thousands(estimate.tokens_computed),
            thousands(estimate.tokens_requested)
        );
        let how =
            if estimate.measured { "as measured on what is done" } else { "a guess: nothing was scored here yet" };
        text += &format!("about {} ({how})\n", duration(estimate.seconds));
        text += &format!("about {} of weights in memory, and the states\n", bytes(estimate.memory_bytes));
    }
    text
}

/// Bytes as a person says them.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
