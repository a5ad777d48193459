//! Checkpoint by checkpoint: what happened to the next token.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Rounded, TokenPrice, TokenShifts, line_name};
use crate::number::{positive, tokens};
use crate::run::{Branch, Checkpoint, Phase, Run};

/// One checkpoint in another arithmetic.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CheckpointRow {
    #[serde(skip)]
    pub(super) at: Checkpoint,
    /// Branch and variant.
    pub(super) line: String,
    pub(super) colour: usize,
    pub(super) step: u64,
    seen: u64,
    pub(super) tokens: String,
    pub(super) phase: &'static str,
    #[serde(skip)]
    pub(super) measured: Option<TokenShifts>,
    #[serde(skip)]
    pub(super) price: Option<TokenPrice>,
    told: [String; 7],
}

/// All checkpoints of a run of which something is known in the other arithmetic.
pub(super) fn rows(run: &Run, rounded: &Rounded) -> Vec<CheckpointRow> {
    let all = run.tree.branches.iter().flat_map(|branch| branch.checkpoints.iter().map(move |at| (branch, at)));
    all.filter_map(|(branch, at)| row(run, rounded, branch, at)).collect()
}

fn row(run: &Run, rounded: &Rounded, branch: &Branch, at: &Checkpoint) -> Option<CheckpointRow> {
    let price = rounded.prices.iter().find(|price| price.at() == at.at()).cloned();
    if price.is_none() && !rounded.run.units.iter().any(|unit| unit.record.checkpoint.at() == at.at()) {
        return None;
    }
    let measured = price.as_ref().and_then(|price| price.measured.clone());
    Some(CheckpointRow {
        line: line_name(&at.branch, at.variant.as_deref()),
        colour: run.tree.colour(&at.branch),
        step: at.step,
        seen: at.tokens,
        tokens: tokens(at.tokens as f64),
        phase: phase_of(branch, at).map_or("", Phase::name),
        told: measured.as_ref().map_or_else(Default::default, cells),
        measured,
        price,
        at: at.clone(),
    })
}

fn cells(shifts: &TokenShifts) -> [String; 7] {
    let interval = shifts.ratio_interval.map(|ends| ends.map(|end| positive(end, 4)));
    let interval = interval.map(|[low, high]| format!(" [{low}, {high}]")).unwrap_or_default();
    [
        shifts.told(),
        format!("{:.5}", shifts.divergence_99),
        shifts.divergence_999.map_or_else(|| "–".into(), |divergence| format!("{divergence:.5}")),
        format!("{:.2} %", 100.0 * shifts.probability_change),
        format!("{:.2} %", 100.0 * shifts.same_best),
        format!("{}{interval}", positive(shifts.ratio, 4)),
        shifts.tokens.to_string(),
    ]
}

fn phase_of(branch: &Branch, at: &Checkpoint) -> Option<Phase> {
    branch.phases.iter().rev().find(|start| start.from_step <= at.step).map(|start| start.phase)
}

/// What was not measured, and why.
pub(super) fn missing(rows: &[CheckpointRow]) -> Vec<String> {
    let (mut reasons, mut short): (BTreeMap<&str, Vec<String>>, Vec<&str>) = (BTreeMap::new(), Vec::new());
    for row in rows {
        let problem =
            row.price.as_ref().map_or(Some("the sweep did not come to it yet"), |price| price.problem.as_deref());
        if let Some(reason) = problem.filter(|_| row.measured.is_none()) {
            reasons.entry(reason).or_default().push(format!("{} step {}", row.line, row.step));
        }
        let left_out = row.price.iter().flat_map(|price| &price.left_out).map(String::as_str);
        short.extend(left_out);
    }
    short.sort_unstable();
    short.dedup();
    let told = |(reason, places): (&str, Vec<String>)| {
        format!("Next tokens of {} are not measured: {reason}.", places.join(", "))
    };
    let short = (!short.is_empty()).then(|| {
        format!(
            "Texts of {} are left out of the next tokens: `--state-memory` was too small for them.",
            short.join(", ")
        )
    });
    reasons.into_iter().map(told).chain(short).collect()
}
