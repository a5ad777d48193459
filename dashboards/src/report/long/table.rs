//! The numbers of a family as a table.

use crate::report::tables::written;
use crate::series::{LongColumn, LongFamily, Mean};

const HEAD: [&str; 9] =
    ["branch", "step", "tokens", "positions_divided_by", "length", "depth", "score", "items", "effective_length"];

/// A line for every checkpoint, length and depth in per cent, and one over all depths, whose depth is empty.
pub(super) fn table(family: &LongFamily<'_>) -> String {
    let lines = family.columns.iter().flat_map(|column| {
        column.lengths.iter().flat_map(move |(length, at)| {
            let depths = at.depths.iter().map(|(depth, mean)| (depth.to_string(), *mean));
            depths.chain([(String::new(), at.all)]).map(move |(depth, mean)| line(column, *length, depth, mean))
        })
    });
    written([HEAD.map(str::to_owned).to_vec()].into_iter().chain(lines))
}

fn line(column: &LongColumn<'_>, length: usize, depth: String, mean: Mean) -> Vec<String> {
    let at = column.checkpoint;
    vec![
        at.branch.clone(),
        at.step.to_string(),
        at.tokens.to_string(),
        at.stretch().unwrap_or("1").to_owned(),
        length.to_string(),
        depth,
        mean.value().to_string(),
        mean.n.to_string(),
        column.effective().map_or_else(String::new, |length| length.to_string()),
    ]
}
