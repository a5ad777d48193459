//! Branches beside each other, as `findings.json` says them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::{BranchPair, ComparedTask};
use crate::run::Checkpoint;

/// Two branches on the same items.
#[derive(Serialize, JsonSchema)]
pub(super) struct PairSaid<'a> {
    a: PlaceSaid<'a>,
    b: PlaceSaid<'a>,
    tasks: Vec<ComparedSaid<'a>>,
}

/// A checkpoint.
#[derive(Serialize, JsonSchema)]
struct PlaceSaid<'a> {
    branch: &'a str,
    step: u64,
    variant: Option<&'a str>,
    /// Tokens seen.
    tokens: u64,
}

/// One task on both.
#[derive(Serialize, JsonSchema)]
struct ComparedSaid<'a> {
    /// As the report names it.
    task: String,
    metric: &'a str,
    /// Its score on A, on the items that both have.
    a: f64,
    /// Its score on B.
    b: f64,
    /// B − A.
    difference: f64,
    /// Ends of its interval, of the choice of items alone.
    low: f64,
    high: f64,
    p: f64,
    /// p, corrected for the tasks of this pair (Benjamini and Hochberg).
    p_adjusted: f64,
    /// Items right on A and wrong on B; none of a metric that is no right and wrong.
    lost: Option<usize>,
    gained: Option<usize>,
    /// The smallest difference that these items find four times in five.
    detectable: Option<f64>,
    items: usize,
    /// Not paired item by item, as a side brought no items: the scores are compared as of other items.
    unpaired: bool,
}

impl<'a> PairSaid<'a> {
    pub(super) fn of(pair: &'a BranchPair<'_>) -> Self {
        let tasks = pair.compared.rows.iter().map(ComparedSaid::of).collect();
        Self { a: PlaceSaid::of(pair.a), b: PlaceSaid::of(pair.b), tasks }
    }
}

impl<'a> PlaceSaid<'a> {
    fn of(at: &'a Checkpoint) -> Self {
        Self { branch: &at.branch, step: at.step, variant: at.variant.as_deref(), tokens: at.tokens }
    }
}

impl<'a> ComparedSaid<'a> {
    fn of(row: &'a ComparedTask) -> Self {
        let (low, high) = row.difference.interval;
        let flips = |items: &[usize]| row.mcnemar.map(|_| items.len());
        Self {
            task: row.subject.title(),
            metric: &row.metric,
            a: row.a,
            b: row.b,
            difference: row.difference.value,
            low,
            high,
            p: row.p,
            p_adjusted: row.p_bh,
            lost: flips(&row.lost),
            gained: flips(&row.gained),
            detectable: row.detectable,
            items: row.difference.items,
            unpaired: row.unpaired,
        }
    }
}
