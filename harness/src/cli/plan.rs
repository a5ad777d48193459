//! `spyglass plan`: what a sweep would do.

use super::sweep::Narrow;
use super::{Exit, Threads, counted, duration, print, say, thousands};
use crate::Result;
use crate::plan::{Estimate, Plan, PlannedUnit, Standing, estimate};
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
    let begun = if begun > 0 { format!(" ({begun} of them begun)") } else { String::new() };
    let items: usize = plan.units().map(PlannedUnit::items_left).sum();
    let branches = work.tree.branches.len();
    let mut lines = vec![
        format!(
            "{} on {}, {}",
            counted(plan.checkpoints.len(), "checkpoint"),
            if branches == 1 { "1 branch".into() } else { format!("{branches} branches") },
            counted(work.suite.tasks.len(), "task")
        ),
        format!("{}: {done} done, {} to score{begun}, {}", counted(all, "unit"), all - done, counted(items, "item")),
    ];
    let unhashed = plan.checkpoints.iter().filter(|at| at.identity.is_none() && at.problem.is_none()).count();
    if unhashed > 0 {
        lines.push(format!(
            "{} not hashed yet: some of their units may be done already",
            counted(unhashed, "checkpoint")
        ));
    }
    for planned in &plan.checkpoints {
        if let Some(problem) = &planned.problem {
            lines.push(format!("{} cannot be read: {}", planned.name(), problem.replace('\n', " ")));
        }
    }
    if estimate.tokens_computed > 0 {
        let (computed, requested) = (estimate.tokens_computed, estimate.tokens_requested);
        let saved = 100.0 * (1.0 - computed as f64 / requested as f64);
        let (computed, requested) = (thousands(computed), thousands(requested));
        lines.push(format!(
            "{computed} tokens to compute; one request at a time it would be {requested} ({saved:.0} % shared)"
        ));
        let how =
            if estimate.measured { "as measured on what is done" } else { "a guess: nothing was scored here yet" };
        lines.push(format!("about {} ({how})", duration(estimate.seconds)));
        lines.push(format!("about {} of weights in memory, and the states", bytes(estimate.memory_bytes)));
    }
    lines.join("\n") + "\n"
}

/// Bytes as a person says them.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
