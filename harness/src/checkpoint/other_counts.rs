//! Notes on sources that count other steps than the checkpoints' names.

use std::collections::BTreeSet;

use spyglass_dashboards::run::{Branch, Fork};

use super::branch_order::Lanes;
use super::discover::{Found, SkippedFolder};
use super::log::read_json;
use super::tokens;
use crate::run_file::BranchSpec;

/// A note on steps of `tokens:` that neither a checkpoint nor the fork of another branch has.
pub(super) fn unused_tokens(run: Lanes<'_>, spec: &BranchSpec, fork: Option<&Fork>, found: &[Found]) -> Option<String> {
    let forks = run.specs().filter_map(|other| other.parent.as_ref()).filter(|parent| parent.branch == spec.branch);
    let forks: BTreeSet<u64> = forks.map(|parent| parent.step).collect();
    let known: BTreeSet<u64> =
        found.iter().map(|found| found.step).chain(forks).map(|step| tokens::own_step(spec, fork, step)).collect();
    let unknown: Vec<String> = spec.tokens.keys().filter(|step| !known.contains(step)).map(u64::to_string).collect();
    let steps = match unknown.as_slice() {
        [] => return None,
        [one] => format!("step {one}"),
        [first, .., last] if unknown.len() > 5 => format!("{} steps from {first} to {last}", unknown.len()),
        some => format!("steps {}", some.join(", ")),
    };
    Some(format!("`tokens:` of branch `{}` names {steps}, but no checkpoint here is of that step", spec.branch))
}

/// A note where the log of a branch and its checkpoints count other steps.
pub(super) fn other_steps(branch: &Branch) -> Option<String> {
    let entries = &branch.log.entries;
    let (first, last) = (entries.first()?.step, entries.last()?.step);
    let gap = entries.windows(2).map(|pair| pair[1].step - pair[0].step).max().unwrap_or(0).max(last / 20);
    let is_outside = |step: u64| step > 0 && !(first.saturating_sub(gap)..=last + gap).contains(&step);
    let steps = branch.checkpoints.iter().map(|checkpoint| checkpoint.step);
    let outside: Vec<u64> = steps.filter(|&step| is_outside(step)).collect();
    let ends = match outside.as_slice() {
        [] => return None,
        [only] => format!("step {only}"),
        [from, .., to] => format!("steps {from} to {to}"),
    };
    Some(format!(
        "the log of branch `{}` covers steps {first} to {last}, but it has checkpoints at {ends}: what is said of learning rate, phase \
         and loss there may be wrong",
        branch.name
    ))
}

/// The `trainer_state.json` files that count other steps than the folder's name (renamed folders, steps from a fork on): the newest
/// of them, which stands for all.
pub(super) fn of_other_steps(spec: &BranchSpec, found: &[Found], fork: Option<&Fork>) -> Option<SkippedFolder> {
    let others = found.iter().rev().filter_map(|found| {
        let file = found.folder.join("trainer_state.json");
        let state = file.exists().then(|| read_json(&file).ok()).flatten()?;
        let named = tokens::own_step(spec, fork, found.step);
        Some((file, tokens::other_steps(&state, named)?, named))
    });
    let others: Vec<_> = others.collect();
    let (file, counted, named) = others.first()?;
    let more = match others.len() {
        1 => String::new(),
        count => format!(" (one of {count} such files)"),
    };
    Some(SkippedFolder {
        folder: file.clone(),
        reason: format!(
            "counts {counted} steps where the folder's name says {named}: its log is left alone, and its tokens are taken only where \
             nothing else tells them{more}"
        ),
    })
}
