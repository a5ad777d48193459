//! Depth against length, checkpoint beside checkpoint.

use std::collections::BTreeSet;

use super::page::name;
use crate::number::tokens;
use crate::plots::{HeatBranch, HeatMap, Marks};
use crate::run::Run;
use crate::series::{AtLength, LongColumn, LongFamily, Scores};

/// Checkpoints of one map: more would leave their lengths no room.
const BESIDE: usize = 6;

/// Maps of a few checkpoints each, those of the newest first.
pub(super) fn maps(run: &Run, family: &LongFamily<'_>) -> Vec<String> {
    let mut columns: Vec<&LongColumn<'_>> = family.columns.iter().collect();
    columns.sort_by_key(|column| (column.checkpoint.tokens, column.checkpoint.stretch()));
    columns.rchunks(BESIDE).map(|columns| map(run, family, columns)).collect()
}

fn map(run: &Run, family: &LongFamily<'_>, columns: &[&LongColumn<'_>]) -> String {
    let depths: BTreeSet<_> =
        columns.iter().flat_map(|column| column.lengths.values().flat_map(|at| at.depths.keys().copied())).collect();
    let row = |label: String, value: &dyn Fn(&AtLength<'_>) -> Option<f64>| {
        (label, columns.iter().flat_map(|column| column.lengths.values().map(value)).collect())
    };
    let mut rows: Vec<(String, Vec<Option<f64>>)> = depths
        .iter()
        .map(|depth| row(format!("{} % deep", depth.percent()), &|at| at.depths.get(depth).map(Scores::value)))
        .collect();
    rows.push(row("all".to_owned(), &|at| Some(at.all.value())));
    let branches: Vec<HeatBranch> = (columns.iter())
        .map(|column| HeatBranch {
            name: format!("{} at {}", name(column.checkpoint), tokens(column.checkpoint.tokens as f64)),
            colour: run.tree.colour(&column.checkpoint.branch),
            tokens: column.lengths.keys().map(|length| *length as f64).collect(),
        })
        .collect();
    let map = HeatMap {
        title: &format!("{}: depth against length", family.name),
        description: &format!(
            "{}, by depth in the text and by length in tokens; pale is chance, dark is all right.",
            family.metric
        ),
        branches: &branches,
        rows: &rows,
        pale: family.chance,
        marks: Marks::Each,
    };
    map.svg()
}
