//! Puts the branches together: forks, tokens, logs and learning-rate phases of the whole run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spyglass_dashboards::run::{Branch, Checkpoint, Fork, LogEntry, RunTree, TrainingLog};

use super::branch_order::{Lanes, branches_in_order, unknown_branch};
use super::discover::{Counts, Found, SkippedFolder};
use super::lanes::{Lane, lanes};
use super::location::location;
use super::log::{Log, read_log};
use super::other_counts::{of_other_steps, other_steps, unused_tokens};
use super::pattern::Label;
use super::{phases, rising, scheduled, tokens};
use crate::run_file::{BranchSpec, LogSpec, ParentSpec, PhasesSpec, RunFile};
use crate::{Error, Result};

/// The run as it lies on disk.
#[derive(Debug, Clone)]
pub struct Discovered {
    /// Branches with their checkpoints, parents before children.
    pub tree: RunTree,
    /// Folders that are still being written.
    pub skipped: Vec<SkippedFolder>,
    /// What a person should know of it: a log that does not go with its checkpoints.
    pub notes: Vec<String>,
}

/// Finds all checkpoints of a run file, places them by step and tokens, reads the logs and names the phases.
///
/// # Errors
/// A parent that does not exist or a cycle of parents, duplicate steps, sources of tokens that disagree, no source at all,
/// a log that cannot be read.
pub fn discover_tree(run: &RunFile) -> Result<Discovered> {
    let tree = RunTree { axis: run.axis.clone().unwrap_or_default(), ..RunTree::default() };
    let (lanes, notes) = lanes(run)?;
    let mut discovered = Discovered { tree, skipped: Vec::new(), notes };
    let run = Lanes { run, lanes: &lanes };
    for name in branches_in_order(run)? {
        let (branch, skipped, notes) = read_branch(run, &run.of(&name), &discovered.tree)?;
        discovered.notes.extend(notes);
        discovered.notes.extend(other_steps(&branch));
        discovered.tree.branches.push(branch);
        discovered.skipped.extend(skipped);
    }
    if let PhasesSpec::Given(given) = &run.run.phases {
        for phase in given {
            if discovered.tree.branch(&phase.branch).is_none() {
                return Err(unknown_branch(run, &phase.branch, "`phases`"));
            }
        }
    }
    for index in 0..discovered.tree.branches.len() {
        let phases = phases::of_branch(run.run, &discovered.tree, &discovered.tree.branches[index]);
        discovered.tree.branches[index].phases = phases;
    }
    if let Some(scale) = run.run.model.rope.scale {
        for branch in &mut discovered.tree.branches {
            let checkpoints = std::mem::take(&mut branch.checkpoints);
            branch.checkpoints = checkpoints.into_iter().map(|at| at.stretched(&scale.to_string())).collect();
        }
    }
    Ok(discovered)
}

/// Reads one branch, with the folders that are left alone and what its log gives to say; `lanes` are its entries (one for each
/// variant), `tree` holds its parent.
fn read_branch(run: Lanes<'_>, lanes: &[&Lane], tree: &RunTree) -> Result<(Branch, Vec<SkippedFolder>, Vec<String>)> {
    let specs: Vec<&BranchSpec> = lanes.iter().map(|lane| &lane.spec).collect();
    let main = specs[0];
    let fork = main.parent.as_ref().map(|parent| fork_from(run, parent, tree)).transpose()?;
    let mut all_found = Vec::new();
    let mut skipped = Vec::new();
    for lane in lanes {
        let (spec, mut found) = (&lane.spec, lane.found.clone());
        if let Some(fork) = fork.as_ref().filter(|_| spec.counts_own_steps()) {
            for found in &mut found {
                found.step += fork.step;
            }
        }
        if let (Some(fork), Some(first)) = (&fork, found.first()) {
            not_before(fork, first, spec)?;
        }
        skipped.extend(lane.skipped.clone());
        all_found.push(found);
    }
    let others: Vec<_> =
        specs.iter().zip(&all_found).filter_map(|(spec, found)| of_other_steps(spec, found, fork.as_ref())).collect();
    let newest = all_found[0].last().map(|newest| newest.folder.join("trainer_state.json"));
    let other_log = main.log.is_none() && others.iter().any(|other| Some(&other.folder) == newest.as_ref());
    one_folder_each(&specs, &all_found)?;
    let Log { mut entries, mut notes } = if other_log { Log::default() } else { read_branch_log(main, &all_found[0])? };
    if !main.axis.is_tokens() && main.log.as_ref().is_none_or(|log| log.columns.tokens.is_none()) {
        entries.iter_mut().for_each(|entry| entry.tokens = None); // they count tokens, not what the axis does
    }
    skipped.extend(others);
    if let Some(fork) = &fork {
        if main.counts_own_steps() {
            for entry in &mut entries {
                entry.step += fork.step;
                entry.tokens = entry.tokens.map(|tokens| tokens + fork.tokens);
            }
        }
        entries.retain(|entry| entry.step > fork.step);
    }
    notes.extend(scheduled::fill_rates(run.run, main, fork.as_ref(), &all_found[0], &mut entries)?);
    let base = run.run.path.parent().unwrap_or(Path::new(""));
    let mut checkpoints = Vec::new();
    for (&spec, found) in specs.iter().zip(&all_found) {
        for found in found {
            let at = (found.step, found.counts);
            let exact = tokens::tokens_at(spec, fork.as_ref(), &entries, at, Some(&found.folder))?;
            let tokens = match as_named(found, spec, fork.as_ref(), exact)? {
                Some(tokens) => Some(tokens),
                None => tokens::count_of_other_steps(spec, fork.as_ref(), found.step, &found.folder)?,
            };
            let tokens = tokens.ok_or_else(|| no_tokens(&found.folder, found.step, spec))?;
            checkpoints.push(Checkpoint {
                branch: spec.branch.clone(),
                step: found.step,
                variant: spec.variant.clone(),
                tokens,
                learning_rate: rate_at(&entries, found.step),
                location: location(&found.folder, base),
            });
        }
    }
    let found_here = specs.iter().zip(&all_found);
    notes.extend(found_here.filter_map(|(spec, found)| unused_tokens(run, spec, fork.as_ref(), found)));
    checkpoints.sort_by(|a, b| (a.step, &a.variant).cmp(&(b.step, &b.variant)));
    rising::tokens_rise(base, fork.as_ref(), &checkpoints)?;
    fill_tokens(&mut entries, main, fork.as_ref(), &checkpoints)?;
    let log = TrainingLog { entries };
    Ok((Branch { name: main.branch.clone(), fork, checkpoints, log, phases: Vec::new() }, skipped, notes))
}

/// Where a branch leaves its parent, which `tree` holds.
fn fork_from(run: Lanes<'_>, parent: &ParentSpec, tree: &RunTree) -> Result<Fork> {
    let branch = tree.branch(&parent.branch).expect("branches come after their parents");
    Ok(Fork { branch: parent.branch.clone(), step: parent.step, tokens: fork_tokens(run, branch, parent.step)? })
}

/// A branch has no checkpoints from before it left its parent.
fn not_before(fork: &Fork, first: &Found, spec: &BranchSpec) -> Result<()> {
    if first.step >= fork.step {
        return Ok(());
    }
    let (branch, parent) = (&spec.branch, &fork.branch);
    Err(Error::Checkpoint {
        folder: first.folder.clone(),
        problem: format!(
            "step {} of branch `{branch}` lies before it leaves `{parent}` at step {}",
            first.step, fork.step
        ),
        help:
            "add `steps: own` if the branch counts its steps from the fork; otherwise correct `parent: {branch, step}`"
                .into(),
    })
}

/// No folder is a checkpoint of two variants: its weights would be drawn twice.
fn one_folder_each(specs: &[&BranchSpec], all_found: &[Vec<Found>]) -> Result<()> {
    let mut known: BTreeMap<PathBuf, (&BranchSpec, u64)> = BTreeMap::new();
    for (&spec, found) in
        specs.iter().zip(all_found).flat_map(|(spec, found)| found.iter().map(move |found| (spec, found)))
    {
        // What lies on the hub has its address for a folder, which is as unique.
        let folder = fs_err::canonicalize(&found.folder).unwrap_or_else(|_| found.folder.clone());
        let Some((other, step)) = known.insert(folder, (spec, found.step)) else { continue };
        let kind =
            |spec: &BranchSpec| spec.variant.as_ref().map_or("plain".to_owned(), |variant| format!("`{variant}`"));
        return Err(Error::Checkpoint {
            folder: found.folder.clone(),
            problem: format!(
                "is step {step} of the {} entry of branch `{}` and step {} of the {} one: the same weights would be drawn twice",
                kind(other),
                spec.branch,
                found.step,
                kind(spec)
            ),
            help: "name the folders of each variant with a `path:` or `pattern:` of its own, such as `checkpoint-{step}-ema`".into(),
        });
    }
    Ok(())
}

/// Tokens seen, the folder's name being asked last since it tells them in round numbers.
///
/// # Errors
/// The name says something else than `exact`, by more than one unit of its last digit.
fn as_named(found: &Found, spec: &BranchSpec, fork: Option<&Fork>, exact: Option<(&str, u64)>) -> Result<Option<u64>> {
    let Some(label) = found.tokens else { return Ok(exact.map(|(_, tokens)| tokens)) };
    let before = if spec.counts_own_steps() { fork.map_or(0, |fork| fork.tokens) } else { 0 };
    let label = Label { tokens: label.tokens.saturating_add(before), ..label };
    match exact {
        Some((source, exact)) if !label.allows(exact) => Err(Error::Checkpoint {
            folder: found.folder.clone(),
            problem: format!(
                "{} seen at step {} of branch `{}`: its name says {}, {source} says {exact}",
                spec.axis.word(),
                found.step,
                spec.branch,
                label.tokens
            ),
            help: "correct the other source, or write `*` in place of `{tokens}` in `pattern:`".into(),
        }),
        Some((_, exact)) => Ok(Some(exact)),
        None => Ok(Some(label.tokens)),
    }
}

fn no_tokens(folder: &Path, step: u64, spec: &BranchSpec) -> Error {
    let has_own = folder.join("trainer_state.json").exists();
    let own = if has_own { " (its trainer_state.json holds no count)" } else { "" };
    Error::Checkpoint {
        folder: folder.to_path_buf(),
        problem: format!("nothing tells how many {} step {step} of branch `{}` has seen{own}", spec.axis.word(), spec.branch),
        help: "add `tokens_per_step:` (batch size × sequence length × devices), a `log:` with a column of tokens, `training:` with the run's schedule, `tokens: {STEP: TOKENS}`, or `{tokens}` in `pattern:`".into(),
    }
}

/// The log a branch names, or the one in its newest checkpoint.
fn read_branch_log(spec: &BranchSpec, found: &[Found]) -> Result<Log> {
    let default = || {
        let file = found.last()?.folder.join("trainer_state.json");
        file.exists().then_some(LogSpec { file, columns: crate::run_file::LogColumns::default() })
    };
    spec.log.clone().or_else(default).map_or_else(|| Ok(Log::default()), |log| read_log(&log))
}

/// Learning rate at a step: interpolated, or the last one logged before it.
fn rate_at(entries: &[LogEntry], step: u64) -> Option<f64> {
    tokens::interpolate(entries, step, |entry| entry.learning_rate)
        .or_else(|| entries.iter().rev().filter(|entry| entry.step <= step).find_map(|entry| entry.learning_rate))
}

/// Tokens the parent had seen at the fork.
fn fork_tokens(run: Lanes<'_>, parent: &Branch, step: u64) -> Result<u64> {
    if let Some(checkpoint) = parent.checkpoints.iter().find(|checkpoint| checkpoint.step == step) {
        return Ok(checkpoint.tokens);
    }
    let spec = run.specs().find(|spec| spec.branch == parent.name).expect("the parent was read from it");
    if let Some((_, tokens)) =
        tokens::tokens_at(spec, parent.fork.as_ref(), &parent.log.entries, (step, Counts::Steps), None)?
    {
        return Ok(tokens);
    }
    let placed: Vec<_> = parent.checkpoints.iter().map(placed_entry).collect();
    tokens::interpolate(&placed, step, |entry| entry.tokens.map(|tokens| tokens as f64))
        .map(|t| t.round() as u64)
        .ok_or_else(|| {
            let ends = (placed.first(), placed.last());
            let range = match ends {
                (Some(first), Some(last)) => format!("its checkpoints go from step {} to {}", first.step, last.step),
                _ => "it has no checkpoints".into(),
            };
            Error::RunFile {
                file: run.run.path.clone(),
                problem: format!(
                    "a branch leaves `{}` at step {step}, but nothing tells its tokens there ({range})",
                    parent.name
                ),
                help: "correct `parent: {branch, step}`, or give the parent `tokens_per_step:`".into(),
            }
        })
}

pub(super) fn placed_entry(checkpoint: &Checkpoint) -> LogEntry {
    LogEntry {
        step: checkpoint.step,
        tokens: Some(checkpoint.tokens),
        learning_rate: None,
        loss: None,
        ..LogEntry::default()
    }
}

/// Gives every log entry its tokens where any source tells.
fn fill_tokens(
    entries: &mut [LogEntry],
    spec: &BranchSpec,
    fork: Option<&Fork>,
    checkpoints: &[Checkpoint],
) -> Result<()> {
    let mut known: Vec<_> = checkpoints.iter().map(placed_entry).collect();
    if let Some(fork) = fork {
        known.insert(
            0,
            LogEntry {
                step: fork.step,
                tokens: Some(fork.tokens),
                learning_rate: None,
                loss: None,
                ..LogEntry::default()
            },
        );
    } else if known.first().is_some_and(|first| first.step > 0) {
        known.insert(0, LogEntry { step: 0, tokens: Some(0), learning_rate: None, loss: None, ..LogEntry::default() });
    }
    let logged = entries.to_vec();
    for entry in entries.iter_mut().filter(|entry| entry.tokens.is_none()) {
        entry.tokens = tokens::tokens_at(spec, fork, &logged, (entry.step, Counts::Steps), None)?
            .map(|(_, tokens)| tokens)
            .or_else(|| {
                tokens::interpolate(&known, entry.step, |entry| entry.tokens.map(|tokens| tokens as f64))
                    .map(|t| t.round() as u64)
            });
    }
    Ok(())
}
