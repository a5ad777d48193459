//! Whether the anneal changes the price.

use super::checkpoints::CheckpointRow;
use super::{TokenShifts, line_name};
use crate::analysis::Z95;
use crate::run::{Branch, Phase, Run};

/// What each anneal makes of the divergence: the last checkpoint on its way before it beside the last one in it, of each variant.
pub(super) fn anneals(run: &Run, rows: &[CheckpointRow]) -> Vec<String> {
    let of_branch = |branch: &Branch| {
        let mut variants: Vec<Option<&str>> = branch.checkpoints.iter().map(|at| at.variant.as_deref()).collect();
        variants.sort_unstable();
        variants.dedup();
        variants.into_iter().filter_map(|variant| anneal(run, rows, branch, variant)).collect::<Vec<_>>()
    };
    run.tree.branches.iter().flat_map(of_branch).collect()
}

fn anneal(run: &Run, rows: &[CheckpointRow], branch: &Branch, variant: Option<&str>) -> Option<String> {
    let path = run.tree.path(&branch.name);
    let on_path: Vec<(&CheckpointRow, &TokenShifts)> = (path.iter())
        .filter(|at| at.variant.as_deref() == variant)
        .filter_map(|at| rows.iter().find(|row| row.at.at() == at.at()))
        .filter_map(|row| Some((row, row.measured.as_ref()?)))
        .collect();
    let is_in = |row: &CheckpointRow| row.phase == Phase::Anneal.name();
    let (last, after) = on_path.last().filter(|(row, _)| row.at.branch == branch.name && is_in(row))?;
    let (first, before) = on_path.iter().rev().find(|(row, _)| !is_in(row))?;
    let name = line_name(&branch.name, variant);
    let (from, to) = (before.told(), after.told());
    Some(match is_beyond_error(before, after) {
        Some(true) => format!(
            "The anneal of {name} changes the divergence from {from} nats (step {}) to {to} (step {}).",
            first.step, last.step
        ),
        Some(false) => format!(
            "The anneal of {name} does not change the divergence beyond its error: {from} nats (step {}), {to} (step {}).",
            first.step, last.step
        ),
        None => format!(
            "Whether the anneal of {name} changes the divergence cannot be told: {from} nats (step {}), {to} (step {}), without errors.",
            first.step, last.step
        ),
    })
}

/// Whether two divergences are further apart than 1.96 standard errors of their difference; these are of the same texts, so that the error of
/// independent ones is more than theirs.
fn is_beyond_error(before: &TokenShifts, after: &TokenShifts) -> Option<bool> {
    let error = before.divergence_error?.hypot(after.divergence_error?);
    Some((after.divergence - before.divergence).abs() > Z95 * error)
}
