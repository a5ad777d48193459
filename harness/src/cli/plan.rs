//! `spyglass plan`: what a sweep would do.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use spyglass_model::ScorerOptions;

use super::numbers::{branches, counted, duration, size, thousands};
use super::sweep::Narrow;
use super::{Exit, Threads, print, say};
use crate::Result;
use crate::results::{Hashes, Store};
use crate::run_file::{CheckpointOrder, RunFile};
use crate::sweep::plan::{Estimate, Plan, PlannedUnit, TooLarge, UnitStatus, estimate};
use crate::sweep::{Overrides, PriceEstimate, Work, at_most, estimate_prices, snapshot_of};

/// Tell what a sweep would do: units, tokens to compute, time and memory; nothing is run
#[derive(Debug, Args)]
pub(super) struct PlanRun {
    /// The run file
    run: PathBuf,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    threads: Threads,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A plan in numbers.
#[derive(Debug, Serialize)]
struct Told {
    checkpoints: usize,
    branches: usize,
    tasks: usize,
    units: usize,
    done: usize,
    /// Units to score; of a search for onsets at most so many.
    to_score: usize,
    items: usize,
    tokens_computed: u64,
    /// Tokens that one request at a time would take.
    tokens_requested: u64,
    seconds: f64,
    /// The seconds rest on what was scored here before; else they are a guess.
    seconds_measured: bool,
    memory_bytes: u64,
    state_bytes: u64,
    problems: Vec<String>,
    /// What measuring next tokens in this arithmetic beside the first costs on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_tokens: Option<PriceEstimate>,
    /// The same in each further arithmetic of the run file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<InPrecision<Told>>,
}

/// What is told of one arithmetic of a run file.
#[derive(Debug, Serialize)]
pub(super) struct InPrecision<T> {
    pub(super) precision: &'static str,
    #[serde(flatten)]
    pub(super) told: T,
}

impl PlanRun {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let run = RunFile::read(&self.run)?;
        let (store, hashes) = (Store::open(&run.results), Hashes::open(&run.results));
        let overrides = self.narrow.overrides();
        overrides.note(&run).iter().for_each(|note| say(note));
        let first = Work::of_run(&run, &overrides)?;
        let (mut told, mut lines) = told(&first, &store, &hashes)?;
        let others = if overrides.precision.is_some() { &[][..] } else { run.precision.others() };
        for &precision in others {
            let work = Work::of_run(&run, &Overrides { precision: Some(precision), ..overrides.clone() })?;
            let own_store = Store::open(&store.precision_folder(precision));
            let (mut other, own) = self::told(&work, &own_store, &hashes)?;
            // Checkpoints and tasks are those of the first.
            let prices = prices(&first, &work, [&store, &own_store])?;
            let own = own.into_iter().skip(1).chain(price_lines(&prices));
            lines.extend(own.map(|line| format!("{}: {line}", precision.name())));
            other.next_tokens = Some(prices);
            told.others.push(InPrecision { precision: precision.name(), told: other });
        }
        if self.json {
            print(&(serde_json::to_string(&told).expect("plain data") + "\n"))?;
        } else {
            print(&(lines.join("\n") + "\n"))?;
        }
        Ok(Exit::Well)
    }
}

/// The plan in one arithmetic in numbers and in lines; what is wrong is said.
///
/// # Errors
/// The checkpoints or the results cannot be read.
fn told(work: &Work, store: &Store, hashes: &Hashes) -> Result<(Told, Vec<String>)> {
    let plan = Plan::new(work, store, hashes)?;
    let (mut lines, whole) = (overview(work, &plan), plan.units().count());
    let plan = needed(plan, work, store)?;
    let mut estimate = estimate(work, &plan)?;
    let large: Vec<String> = estimate.too_large.iter().map(too_large).collect();
    estimate.problems.extend(large);
    for note in work.notes.iter().chain(&work.suite.bad_rows()).chain(&estimate.problems) {
        say(note);
    }
    for task in &work.suite.tasks {
        if let Err(error) = &task.items {
            say(&format!("{}: {}", task.task.name, error.in_full()));
        }
    }
    lines.extend(cost(&plan, whole, &estimate));
    let (needed, done) = (plan.units().count(), plan.done().count());
    let told = Told {
        checkpoints: plan.checkpoints.len(),
        branches: work.tree.branches.len(),
        tasks: work.suite.tasks.len(),
        units: whole,
        done,
        to_score: needed - done,
        items: plan.units().map(PlannedUnit::items_left).sum(),
        tokens_computed: estimate.tokens_computed,
        tokens_requested: estimate.tokens_requested,
        seconds: estimate.seconds,
        seconds_measured: estimate.measured,
        memory_bytes: estimate.memory_bytes,
        state_bytes: estimate.state_bytes,
        problems: estimate.problems,
        next_tokens: None,
        others: Vec::new(),
    };
    Ok((told, lines))
}

/// What the prices of the arithmetic of `work` cost, beside the `first`; each with its results.
///
/// # Errors
/// The results cannot be read.
fn prices(first: &Work, work: &Work, stores: [&Store; 2]) -> Result<PriceEstimate> {
    let hashes = Hashes::open(stores[0].root());
    let plans =
        [needed(Plan::new(first, stores[0], &hashes)?, first, stores[0])?, Plan::new(work, stores[1], &hashes)?];
    Ok(estimate_prices(first, [&plans[0], &plans[1]], (work.settings.precision, stores[1])))
}

fn price_lines(prices: &PriceEstimate) -> Vec<String> {
    let left_out = |task: &String| {
        format!(
            "next tokens: texts of {task} leave more behind in both models together than `--state-memory` gives by default, and are left out"
        )
    };
    let mut lines: Vec<String> = prices.left_out.iter().map(left_out).collect();
    if prices.checkpoints > 0 {
        let (weights, states) = (size(prices.memory_bytes), size(prices.state_bytes));
        lines.push(format!(
            "next tokens of {}: {} tokens to compute in both models, about {}; about {weights} of weights of both in memory, and up to {states} of states",
            counted(prices.checkpoints, "checkpoint"),
            thousands(prices.tokens_computed),
            duration(prices.seconds)
        ));
    }
    lines
}

/// What of a plan is needed: of a search at most so much, otherwise all.
///
/// # Errors
/// The results folder cannot be read.
pub(super) fn needed(plan: Plan, work: &Work, store: &Store) -> Result<Plan> {
    match work.schedule.order {
        CheckpointOrder::FindOnset => at_most(plan, work, store, &snapshot_of(work, store)?),
        _ => Ok(plan),
    }
}

/// Checkpoints and tasks, and what is not as it should be.
fn overview(work: &Work, plan: &Plan) -> Vec<String> {
    let mut lines = vec![format!(
        "{} on {}, {}",
        counted(plan.checkpoints.len(), "checkpoint"),
        branches(work.tree.branches.len()),
        counted(work.suite.tasks.len(), "task")
    )];
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
    lines
}

/// Why a task will fail for want of memory, and what can be done.
fn too_large(task: &TooLarge) -> String {
    let mend = if task.fits_here {
        let given = size(ScorerOptions::default().state_memory);
        format!("more than the {given} of `--state-memory`: sweep with more of it, or leave that length out")
    } else {
        "which this machine has no room for beside the weights: leave that length out".to_owned()
    };
    format!("{}: its longest text leaves {} behind, {mend}", task.task, size(task.state_bytes))
}

/// How many of the `whole` run's units are needed, and what they cost.
fn cost(plan: &Plan, whole: usize, estimate: &Estimate) -> Vec<String> {
    let (needed, done) = (plan.units().count(), plan.done().count());
    let begun = plan.units().filter(|unit| matches!(unit.status, UnitStatus::Open { items } if items > 0)).count();
    let begun = if begun > 0 { format!(" ({begun} in progress)") } else { String::new() };
    let items: usize = plan.units().map(PlannedUnit::items_left).sum();
    let at_most = if needed < whole { "at most " } else { "" };
    let mut lines = vec![format!(
        "{}: {done} done, {at_most}{} to score{begun}, {}",
        counted(whole, "unit"),
        needed - done,
        counted(items, "item")
    )];
    if needed < whole {
        lines.push(format!(
            "{} need not be scored ({:.0} %): the search for onsets takes five checkpoints of a path, fewer of a branch, then those that halve a \
             bracket; a curve that lingers near its level takes more",
            counted(whole - needed, "unit"),
            100.0 * (whole - needed) as f64 / whole as f64
        ));
    }
    if estimate.unfetched > 0 {
        lines.push(format!(
            "{} on the hub and not here yet: what they cost is not counted",
            counted(estimate.unfetched, "checkpoint")
        ));
    }
    if estimate.tokens_computed > 0 {
        let (computed, requested) = (estimate.tokens_computed, estimate.tokens_requested);
        let saved = 100.0 * (1.0 - computed as f64 / requested as f64);
        let (computed, requested) = (thousands(computed), thousands(requested));
        lines.push(format!(
            "{computed} tokens to compute; one request at a time it would be {requested} ({saved:.0} % shared)"
        ));
        let how =
            if estimate.measured { "as measured on what is done" } else { "rough: no timing on this machine yet" };
        lines.push(format!("about {} ({how})", duration(estimate.seconds)));
        let (weights, states) = (size(estimate.memory_bytes), size(estimate.state_bytes));
        lines.push(format!("about {weights} of weights in memory, and up to {states} of states"));
    }
    lines
}
