//! The numbers of a family as a table.

use crate::report::tables::written;
use crate::series::{LongColumn, LongFamily, Scores};

const HEAD: [&str; 13] = [
    "branch",
    "step",
    "tokens",
    "positions_divided_by",
    "length",
    "depth",
    "score",
    "low95",
    "high95",
    "items",
    "effective_length",
    "at_least",
    "is_sure",
];

/// A line for every checkpoint, length and depth in per cent, and one over all depths, whose depth is empty.
pub(super) fn table(family: &LongFamily<'_>) -> String {
    let lines = family.columns.iter().flat_map(|column| {
        column.lengths.iter().flat_map(move |(length, at)| {
            let depths = at.depths.iter().map(|(depth, scores)| (depth.percent().to_string(), scores));
            depths.chain([(String::new(), &at.all)]).map(move |(depth, scores)| line(column, *length, depth, scores))
        })
    });
    written([HEAD.map(str::to_owned).to_vec()].into_iter().chain(lines))
}

fn line(column: &LongColumn<'_>, length: usize, depth: String, scores: &Scores<'_>) -> Vec<String> {
    let at = column.checkpoint;
    let (low, high) = scores.interval().unzip();
    let end = |end: Option<f64>| end.map_or_else(String::new, |end| end.to_string());
    vec![
        at.branch.clone(),
        at.step.to_string(),
        at.tokens.to_string(),
        at.stretch().unwrap_or("1").to_owned(),
        length.to_string(),
        depth,
        scores.value().to_string(),
        end(low),
        end(high),
        scores.n().to_string(),
        column.effective().map_or_else(String::new, |length| length.to_string()),
        column.is_at_least().to_string(),
        column.doubt().is_none().to_string(),
    ]
}
