//! What fewer bits cost along a run: the same checkpoints in another arithmetic, task by task and checkpoint by checkpoint.

use std::path::Path;

use serde::Serialize;

use super::Error;
use super::site::Site;
use crate::findings::{Findings, compare, findings};
use crate::number::tokens;
use crate::run::{At, Branch, Checkpoint, Phase, Run, Unit};
use crate::series::composite_of;

/// The same run in another arithmetic.
#[derive(Debug, Clone)]
pub struct Rounded {
    /// Its name: `q4`.
    pub precision: String,
    /// Its scores.
    pub run: Run,
    /// What happened to next tokens, where it was measured.
    pub prices: Vec<TokenPrice>,
}

/// What happened to the next token's distribution of one checkpoint, over the tokens of the run's tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPrice {
    /// The branch.
    pub branch: String,
    /// The step.
    pub step: u64,
    /// Which form of it.
    pub variant: Option<String>,
    /// Mean Kullback-Leibler divergence, nats.
    pub divergence: f64,
    /// 99th percentile of it.
    pub divergence_99: f64,
    /// Share of tokens before which the most probable one is the same.
    pub same_best: f64,
    /// Perplexity over the one before.
    pub ratio: f64,
    /// Its 95 % interval.
    pub ratio_interval: Option<[f64; 2]>,
}

/// The page.
#[derive(Debug, Serialize)]
struct Page {
    arithmetics: Vec<Arithmetic>,
}

#[derive(Debug, Serialize)]
struct Arithmetic {
    precision: String,
    sentences: Vec<String>,
    tasks: Vec<TaskRow>,
    checkpoints: Vec<CheckpointRow>,
}

/// One task on the path of one branch.
#[derive(Debug, Serialize)]
struct TaskRow {
    task: String,
    branch: String,
    colour: usize,
    before: String,
    after: String,
    /// What became of the onset; empty where nothing did.
    change: &'static str,
}

#[derive(Debug, Serialize)]
struct CheckpointRow {
    branch: String,
    colour: usize,
    step: u64,
    seen: u64,
    tokens: String,
    phase: &'static str,
    divergence: Option<f64>,
    told: [String; 4],
    lost: usize,
    gained: usize,
    items: usize,
}

/// Writes `price.html`; nothing where the run has one arithmetic.
pub(super) fn write(site: &Site, run: &Run, before: &Findings, rounded: &[Rounded]) -> Result<(), Error> {
    if rounded.is_empty() {
        return Ok(());
    }
    let arithmetics = rounded.iter().map(|rounded| Arithmetic::of(run, before, rounded)).collect();
    site.page("price.html", "price.html", "Price of fewer bits", &Page { arithmetics })
}

impl Arithmetic {
    fn of(run: &Run, before: &Findings, rounded: &Rounded) -> Self {
        let tasks = tasks(run, before, &findings(&rounded.run));
        let checkpoints: Vec<CheckpointRow> = (run.tree.branches.iter())
            .flat_map(|branch| branch.checkpoints.iter().map(move |at| (branch, at)))
            .filter_map(|(branch, at)| checkpoint(run, rounded, branch, at))
            .collect();
        let mut sentences = vec![onsets(&tasks)];
        sentences.extend(anneals(run, &checkpoints));
        Self { precision: rounded.precision.clone(), sentences, tasks, checkpoints }
    }
}

/// Each task's onset in both.
fn tasks(run: &Run, before: &Findings, after: &Findings) -> Vec<TaskRow> {
    let mut rows = Vec::new();
    for task in &before.tasks {
        for path in &task.paths {
            let other = after.task(&task.subject).and_then(|task| task.path(&path.branch));
            let (Some(onset), Some(other)) = (path.onset.as_ref().filter(|_| !path.onset_is_shared), other) else {
                continue;
            };
            let Some(rounded) = &other.onset else { continue };
            let apart = |one: Option<u64>, other: Option<u64>| one.zip(other).is_some_and(|(after, by)| after >= by);
            let change = match (onset.by(), rounded.by()) {
                (Some(by), None) if rounded.after().is_some_and(|after| after >= by) => "lost",
                (Some(_), None) => "cannot be told yet",
                (None, Some(_)) => "gained",
                (by, rounded_by) if apart(rounded.after(), by) || apart(onset.after(), rounded_by) => "moves",
                (by, rounded_by) if by != rounded_by || onset.after() != rounded.after() => "within the interval",
                _ => "",
            };
            rows.push(TaskRow {
                task: task.subject.title(),
                branch: path.branch.clone(),
                colour: run.tree.colour(&path.branch),
                before: onset.brief(),
                after: rounded.brief(),
                change,
            });
        }
    }
    rows
}

/// What one checkpoint lost; `None` where nothing of it was measured.
fn checkpoint(run: &Run, rounded: &Rounded, branch: &Branch, at: &Checkpoint) -> Option<CheckpointRow> {
    let of = |run: &'_ Run, at: At<'_>| -> Vec<Unit> {
        // The items of a composite are those of its members.
        let own = run.units.iter().filter(|unit| composite_of(&unit.record).is_none());
        own.filter(|unit| unit.record.checkpoint.at() == at).cloned().collect()
    };
    let (before, after) = (of(run, at.at()), of(&rounded.run, at.at()));
    let price =
        rounded.prices.iter().find(|price| at.at() == (price.branch.as_str(), price.step, price.variant.as_deref()));
    if after.is_empty() && price.is_none() {
        return None;
    }
    let rows = compare(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>(), [&[], &[]]).rows;
    let told = price.map_or_else(Default::default, |price| {
        let interval = price.ratio_interval.map(|[low, high]| format!(" [{low:.4}, {high:.4}]")).unwrap_or_default();
        [
            format!("{:.5}", price.divergence),
            format!("{:.5}", price.divergence_99),
            format!("{:.2} %", 100.0 * price.same_best),
            format!("{:.4}{interval}", price.ratio),
        ]
    });
    Some(CheckpointRow {
        branch: at.branch.clone(),
        colour: run.tree.colour(&at.branch),
        step: at.step,
        seen: at.tokens,
        tokens: tokens(at.tokens as f64),
        phase: phase_of(branch, at).map_or("", Phase::name),
        divergence: price.map(|price| price.divergence),
        told,
        lost: rows.iter().map(|row| row.lost.len()).sum(),
        gained: rows.iter().map(|row| row.gained.len()).sum(),
        items: rows.iter().filter(|row| !row.unpaired).map(|row| row.difference.items).sum(),
    })
}

fn phase_of(branch: &Branch, at: &Checkpoint) -> Option<Phase> {
    branch.phases.iter().rev().find(|start| start.from_step <= at.step).map(|start| start.phase)
}

fn onsets(tasks: &[TaskRow]) -> String {
    if tasks.is_empty() {
        return "No onset can be compared yet.".into();
    }
    let named = |change: &str| -> Vec<String> {
        tasks.iter().filter(|row| row.change == change).map(|row| format!("{} ({})", row.task, row.branch)).collect()
    };
    let parts: Vec<String> = [
        ("lost", "lost"),
        ("moves", "moved beyond their intervals"),
        ("gained", "seen only so"),
        ("cannot be told yet", "not yet to be told"),
    ]
    .into_iter()
    .filter_map(|(change, words)| {
        let named = named(change);
        (!named.is_empty()).then(|| format!("{words}: {}", named.join(", ")))
    })
    .collect();
    if parts.is_empty() {
        "No onset is lost or moves beyond its interval.".into()
    } else {
        format!("Onsets {}.", parts.join("; "))
    }
}

/// What each anneal makes of the price: the last checkpoint on its way before it beside the last one in it.
fn anneals(run: &Run, rows: &[CheckpointRow]) -> Vec<String> {
    let is_in = |row: &CheckpointRow| row.phase == Phase::Anneal.name();
    let measured = |at: &&Checkpoint| {
        let mut own = rows.iter().filter(|row| row.branch == at.branch && row.step == at.step);
        own.find_map(|row| Some((row, row.divergence?)))
    };
    let told = |branch: &Branch| {
        let path = run.tree.path(&branch.name);
        let (last, after) = path.iter().filter(|at| at.branch == branch.name).rev().find_map(measured)?;
        let (before, from) = path.iter().rev().filter_map(measured).find(|(row, _)| !is_in(row))?;
        is_in(last).then(|| {
            format!(
                "The anneal of {} changes the divergence from {from:.5} nats (step {}) to {after:.5} (step {}).",
                branch.name, before.step, last.step
            )
        })
    };
    run.tree.branches.iter().filter_map(told).collect()
}

/// The report of a run with what other arithmetics cost; see [`super::write`].
///
/// # Errors
/// As for it.
pub fn write_priced(run: &Run, rounded: &[Rounded], out: &Path) -> Result<std::path::PathBuf, Error> {
    super::write_all(run, rounded, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up::{forked, scored};
    use crate::run::PhaseStart;

    /// A forked run whose task is learned from step 3 of the trunk on, or from 2; the branch anneals.
    fn learned_from(step: u64) -> Run {
        let mut run = forked();
        run.tree.branches[1].phases = vec![PhaseStart { phase: Phase::Anneal, from_step: 1, from_tokens: 1_000_000 }];
        let places: Vec<(String, u64)> = (run.tree.branches.iter())
            .flat_map(|branch| branch.checkpoints.iter().map(|at| (branch.name.clone(), at.step)))
            .collect();
        run.units = (places.iter())
            .map(|(branch, at)| {
                scored(branch, *at, "letters", if branch == "trunk" && *at >= step { 0.9 } else { 0.25 })
            })
            .collect();
        run
    }

    fn price(branch: &str, step: u64, divergence: f64) -> TokenPrice {
        let (ratio, ratio_interval) = (1.01, Some([1.0, 1.02]));
        TokenPrice {
            branch: branch.into(),
            step,
            variant: None,
            divergence,
            divergence_99: 0.1,
            same_best: 0.9,
            ratio,
            ratio_interval,
        }
    }

    fn told(after: u64, prices: Vec<TokenPrice>) -> Arithmetic {
        let run = learned_from(2);
        let rounded = Rounded { precision: "q4".into(), run: learned_from(after), prices };
        Arithmetic::of(&run, &findings(&run), &rounded)
    }

    #[test]
    fn an_anneal_is_held_against_the_checkpoint_it_left() {
        let prices =
            [("trunk", 0, 0.5), ("trunk", 1, 0.25), ("trunk", 3, 0.125), ("anneal", 2, 0.3), ("anneal", 4, 0.4)];
        let told = told(2, prices.map(|(branch, step, divergence)| price(branch, step, divergence)).to_vec());
        assert_eq!(
            told.sentences,
            [
                "No onset is lost or moves beyond its interval.",
                "The anneal of anneal changes the divergence from 0.25000 nats (step 1) to 0.40000 (step 4)."
            ]
        );
        assert_eq!(told.checkpoints.len(), 6);
        assert_eq!(told.checkpoints[0].told, ["0.50000", "0.10000", "90.00 %", "1.0100 [1.0000, 1.0200]"]);
    }

    #[test]
    fn an_onset_that_is_lost_or_moves_is_named() {
        let onsets = |after: u64| told(after, vec![price("trunk", 0, 0.5)]).sentences[0].clone();
        assert_eq!(onsets(9), "Onsets lost: letters (trunk).");
        assert_eq!(onsets(3), "Onsets moved beyond their intervals: letters (trunk).");
    }
}
