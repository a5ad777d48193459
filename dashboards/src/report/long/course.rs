//! Effective length against tokens seen.

use super::page::{effective, line, name};
use crate::number::whole;
use crate::plots::{CurvePlot, Geometry, Point, Series};
use crate::report::curves::Shared;
use crate::run::Run;
use crate::series::{LongColumn, LongFamily};

/// The curve of each branch, and beside it that with its positions stretched; `None` of a single checkpoint. Nothing found is drawn as 0,
/// and a length that may be more as itself, of which the description tells.
pub(super) fn course(run: &Run, family: &LongFamily<'_>, shared: &Shared) -> Option<String> {
    let columns = &family.columns;
    if columns.iter().all(|column| column.checkpoint.tokens == columns[0].checkpoint.tokens) {
        return None;
    }
    let point = |column: &LongColumn<'_>| {
        let drawn = |length: Option<usize>| length.unwrap_or(0) as f64;
        let (low, high) = column.effective_between();
        let interval = Some((drawn(low), drawn(high)));
        Some(Point { tokens: column.checkpoint.tokens as f64, value: drawn(column.effective()), interval })
    };
    let lines: Vec<&[LongColumn<'_>]> = columns.chunk_by(|a, b| line(a.checkpoint) == line(b.checkpoint)).collect();
    let series: Vec<Series> = (lines.iter())
        .map(|line| {
            let at = line[0].checkpoint;
            // Lines of one branch are told apart by their names at the end, and by a colour that no branch has.
            let beyond = at.stretch().map_or(0, |_| run.tree.branches.len());
            Series {
                name: name(at),
                colour: run.tree.colour(&at.branch) + beyond,
                fork: None,
                points: line.iter().map(point).collect(),
                hollow: Vec::new(),
            }
        })
        .collect();
    let longest = columns.iter().filter_map(|column| column.lengths.keys().next_back()).max().copied()?;
    let newest: Vec<String> = (lines.iter().filter_map(|line| line.last()))
        .map(|column| format!("{} {}", name(column.checkpoint), effective(column)))
        .collect();
    let plot = CurvePlot {
        title: &format!("{}: effective length against {} seen", family.name, shared.counts.word()),
        description: &format!(
            "By {}; the longest texts have {} tokens. Newest: {}.",
            family.metric,
            whole(longest),
            newest.join("; ")
        ),
        names: (&format!("{} seen", shared.counts.word()), "effective length, tokens"),
        geometry: Geometry::PANEL,
        ..CurvePlot::of(&series, &shared.bands, shared.axis, (0.0, longest as f64 * 1.05))
    };
    Some(plot.svg())
}
