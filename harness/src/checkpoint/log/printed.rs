//! The lines that Megatron's trainers print: ` iteration 100/ 1000 | learning rate: 3.0E-03 | lm loss: 3.5E+00 |`.

use super::table::{Row, Table};
use serde_json::{Map, Value};
use std::path::Path;

/// Whether the text holds such a line; programs may print much before they train.
pub(super) fn is_printed(text: &str) -> bool {
    text.lines().any(|line| cells(line).is_some())
}

/// The lines that tell of a step; all others are talk. A last line that does not end is still being written, and left out.
pub(super) fn table(file: &Path, text: &str) -> Table {
    let whole = if text.trim_end().ends_with('|') { text.len() } else { text.rfind('\n').map_or(0, |end| end + 1) };
    let lines = text[..whole].lines().enumerate();
    Table::of(
        file,
        "line",
        lines.filter_map(|(index, line)| Some(Row { at: index + 1, cells: cells(line)? })).collect(),
    )
}

/// `iteration` and the numbers that follow between bars, each with its name before a colon.
fn cells(line: &str) -> Option<Map<String, Value>> {
    let (_, counted) = line.split_once("iteration")?;
    let (step, rest) = counted.split_once('|')?;
    let (step, _) = step.trim_start_matches(':').split_once('/')?;
    let step: u64 = step.trim().parse().ok()?;
    let mut cells = Map::new();
    cells.insert("iteration".into(), step.into());
    for (name, value) in rest.split('|').filter_map(|part| part.rsplit_once(':')) {
        let value = value.trim();
        // `1.2M` is rounded for the reader's eye, and no count.
        if !value.ends_with(['K', 'M', 'B', 'G', 'T']) {
            cells.insert(name.trim().to_owned(), value.into());
        }
    }
    (cells.len() > 1).then_some(cells)
}
