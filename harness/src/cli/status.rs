//! `spyglass status`: what is done, what failed and why, what is left.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use spyglass_dashboards::run::{Cost, Failure};

use super::numbers::{counted, duration, thousands};
use super::plan::{InPrecision, needed};
use super::progress::failed;
use super::{Exit, print};
use crate::Result;
use crate::cluster::{Element, Submitted, last};
use crate::results::{Hashes, Store};
use crate::run_file::{PrecisionSpec, RunFile};
use crate::sweep::plan::{Plan, UnitStatus, estimate};
use crate::sweep::{Overrides, Work};

/// Tell how many units are done, failed (with the reason) and left; neither weights nor data are needed
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The run file
    run: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// How far a sweep has come.
#[derive(Debug, Serialize)]
struct Told {
    run: String,
    units: usize,
    done: usize,
    /// Units of which some items are scored.
    begun: usize,
    /// Units that are still to be scored; of a search for onsets at most so many.
    left: usize,
    /// Units that a search for onsets leaves out.
    spared: usize,
    is_search: bool,
    /// Seconds that the rest will take, by what was measured; absent where nothing tells.
    seconds_left: Option<f64>,
    tokens_computed: u64,
    tokens_requested: u64,
    seconds: f64,
    branches: Vec<OfBranch>,
    /// Checkpoints whose weights were not hashed yet, so that their units count as left.
    not_hashed: usize,
    /// Tasks without data here: their units cannot be counted.
    without_data: Vec<String>,
    failures: Vec<Failure>,
    /// The workers that were last submitted, as far as the cluster still knows of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Queue>,
    /// The same in each further arithmetic of the run file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<InPrecision<Told>>,
}

/// Workers on a cluster.
#[derive(Debug, Serialize)]
struct Queue {
    submitted: Submitted,
    elements: Vec<Element>,
    /// Why they cannot be told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Queue {
    fn of(submitted: Submitted) -> Self {
        match submitted.engine.engine().standing(&submitted) {
            Ok(elements) => Self { submitted, elements, problem: None },
            Err(error) => Self { submitted, elements: Vec::new(), problem: Some(error.to_string()) },
        }
    }

    /// The states with how many there are of each, and what is not simply running.
    fn lines(&self) -> Vec<String> {
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        for element in &self.elements {
            *states.entry(&element.state).or_default() += 1;
        }
        let states: Vec<String> =
            states.iter().map(|(state, count)| format!("{count} {}", state.to_lowercase())).collect();
        let told = match (&self.problem, states.is_empty()) {
            (Some(problem), _) => problem.clone(),
            (None, true) => "ended".into(),
            (None, false) => states.join(", "),
        };
        let mut lines =
            vec![format!("job {} ({}): {told}", self.submitted.workers, counted(self.submitted.count, "worker"))];
        let waiting = self.elements.iter().filter(|element| !element.reason.is_empty());
        lines.extend(
            waiting.map(|element| format!("  {} {}: {}", element.id, element.state.to_lowercase(), element.reason)),
        );
        lines
    }
}

/// The checkpoints of one branch.
#[derive(Debug, Serialize)]
struct OfBranch {
    branch: String,
    checkpoints: usize,
    units: usize,
    done: usize,
    /// What is wrong with checkpoints of it, or where units are left: a line each.
    notes: Vec<String>,
}

impl Status {
    pub(super) fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let (store, hashes) = (Store::open(&run.results), Hashes::open(&run.results));
        let of = |overrides: &Overrides, store: &Store| {
            let work = Work::of_run(&run, overrides)?;
            told(Plan::new(&work, store, &hashes)?, &work, store)
        };
        let other = |&precision: &PrecisionSpec| {
            let overrides = Overrides { precision: Some(precision), ..Overrides::default() };
            let told = of(&overrides, &Store::open(&store.precision_folder(precision)))?;
            Ok(InPrecision { precision: precision.name(), told })
        };
        let others = run.precision.others().iter().map(other).collect::<Result<_>>()?;
        let told = Told { others, ..of(&Overrides::default(), &store)? };
        print(&if self.json { serde_json::to_string(&told).expect("plain data") + "\n" } else { told.text() })?;
        let is_well = told.failures.is_empty() && told.others.iter().all(|other| other.told.failures.is_empty());
        Ok(if is_well { Exit::Well } else { Exit::SomeFailed })
    }
}

fn told(plan: Plan, work: &Work, store: &Store) -> Result<Told> {
    let begun = plan.units().filter(|unit| matches!(unit.status, UnitStatus::Open { items } if items > 0)).count();
    let sum = |count: fn(&Cost) -> u64| plan.done().map(|(_, brief)| count(&brief.cost)).sum::<u64>();
    let (all, done) = (plan.units().count(), plan.done().count());
    let without = work.suite.tasks.iter().filter(|task| task.items.is_err()).map(|task| task.task.name.clone());
    let told = Told {
        run: work.name.clone(),
        units: all,
        done,
        begun,
        left: 0,
        spared: 0,
        is_search: false,
        seconds_left: None,
        tokens_computed: sum(|cost| cost.tokens_computed),
        tokens_requested: sum(|cost| cost.tokens_requested),
        seconds: plan.done().map(|(_, brief)| brief.cost.seconds).sum(),
        branches: branches(&plan),
        not_hashed: plan.checkpoints.iter().filter(|at| at.identity.is_none() && at.problem.is_none()).count(),
        without_data: without.collect(),
        failures: store.failures(),
        queue: last(store.root()).map(Queue::of),
        others: Vec::new(),
    };
    let needed_plan = needed(plan, work, store)?;
    let needed = needed_plan.units().count();
    let measured = if done > 0 && needed > done { Some(estimate(work, &needed_plan)?) } else { None };
    Ok(Told {
        left: needed - done,
        spared: all - needed,
        is_search: needed < all,
        seconds_left: measured.filter(|estimate| estimate.measured).map(|estimate| estimate.seconds),
        ..told
    })
}

/// The branches in the order of the plan's checkpoints.
fn branches(plan: &Plan) -> Vec<OfBranch> {
    let mut all: Vec<OfBranch> = Vec::new();
    for planned in &plan.checkpoints {
        let name = &planned.checkpoint.branch;
        let at = all.iter().position(|known| known.branch == *name).unwrap_or_else(|| {
            all.push(OfBranch { branch: name.clone(), checkpoints: 0, units: 0, done: 0, notes: Vec::new() });
            all.len() - 1
        });
        let (units, done) = (planned.units.len(), planned.units.iter().filter(|unit| unit.is_done()).count());
        let own = &mut all[at];
        own.checkpoints += 1;
        own.units += units;
        own.done += done;
        match &planned.problem {
            Some(problem) => own.notes.push(format!("{}: {}", planned.name(), problem.replace('\n', " "))),
            None if done > 0 && done < units => own.notes.push(format!("{}: {done} of {units}", planned.name())),
            None => {}
        }
    }
    all
}

impl Told {
    fn text(&self) -> String {
        let begun = if self.begun > 0 { format!(" ({} in progress)", self.begun) } else { String::new() };
        let left = match (self.left, self.spared) {
            (left, 0) => format!("{left} left"),
            (0, spared) => format!("the search for onsets is over: {spared} need not be scored"),
            (left, spared) => format!("at most {left} left, {spared} need not be scored"),
        };
        let time = self.seconds_left.map_or_else(String::new, |seconds| format!(", about {}", duration(seconds)));
        let mut lines = vec![format!("{} of {} done, {left}{begun}{time}", self.done, counted(self.units, "unit"))];
        let widest = self.branches.iter().map(|branch| branch.branch.chars().count()).max().unwrap_or(0);
        for branch in &self.branches {
            let checkpoints = counted(branch.checkpoints, "checkpoint");
            lines
                .push(format!("  {:<widest$}  {:>5} of {} in {checkpoints}", branch.branch, branch.done, branch.units));
            lines.extend(branch.notes.iter().map(|note| format!("    {note}")));
        }
        if self.not_hashed > 0 {
            let checkpoints = counted(self.not_hashed, "checkpoint");
            lines.push(format!("weights of {checkpoints} not hashed yet, so their units count as left"));
        }
        if !self.without_data.is_empty() {
            let tasks = self.without_data.join(", ");
            lines.push(format!("not counted, since their data are not here: {tasks}"));
        }
        if self.tokens_requested > 0 {
            let saved = 100.0 * (1.0 - self.tokens_computed as f64 / self.tokens_requested as f64);
            let (computed, requested) = (thousands(self.tokens_computed), thousands(self.tokens_requested));
            let seconds = duration(self.seconds);
            lines.push(format!(
                "{computed} tokens computed in {seconds}; {saved:.0} % of {requested} were shared and not computed again"
            ));
        }
        lines.extend(self.queue.iter().flat_map(Queue::lines));
        lines.extend(self.failures.iter().map(failed));
        let others = self.others.iter().map(|other| format!("{}: {}", other.precision, other.told.text()));
        lines.join("\n") + "\n" + &others.collect::<String>()
    }
}
