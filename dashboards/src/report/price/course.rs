//! The divergence against tokens seen, a curve for each arithmetic on each branch.

use super::TokenShifts;
use super::checkpoints::CheckpointRow;
use super::page::Arithmetic;
use crate::plots::{CurvePlot, Geometry, Point, Series};
use crate::report::curves::Shared;
use crate::run::{Checkpoint, Run};

/// From this ratio of the largest to the smallest divergence on, their logarithms are drawn.
const WIDE: f64 = 30.0;

/// The curves; `None` where no two checkpoints of a branch are measured.
pub(super) fn course(run: &Run, arithmetics: &[Arithmetic], shared: &Shared) -> Option<String> {
    let all = || arithmetics.iter().flat_map(|one| &one.checkpoints).filter_map(|row| row.measured.as_ref());
    let positive = || all().map(|shifts| shifts.divergence).filter(|divergence| *divergence > 0.0);
    let (low, high) = (positive().reduce(f64::min)?, positive().reduce(f64::max)?);
    let scale = if high > WIDE * low { Scale::Logarithms } else { Scale::Plain };
    let series: Vec<Series> = (arithmetics.iter().enumerate())
        .flat_map(|(number, one)| {
            lines(run, one, scale).map(move |series| Series { colour: number, ..series }).collect::<Vec<_>>()
        })
        .collect();
    if series.iter().all(|series| series.points.iter().flatten().count() + usize::from(series.fork.is_some()) < 2) {
        return None;
    }
    let (word, unit) = (shared.counts.word(), if scale == Scale::Plain { "KL, nats" } else { "log₁₀ of KL in nats" });
    let plot = CurvePlot {
        title: &format!("divergence of the next token against {word} seen"),
        description: &format!("Mean divergences from {low:.5} to {high:.5} nats."),
        names: (&format!("{word} seen"), unit),
        geometry: Geometry::PANEL,
        phases: &shared.phases,
        ..CurvePlot::of(&series, &shared.bands, shared.axis, range(&series, scale))
    };
    Some(plot.svg())
}

/// What of a divergence is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Plain,
    Logarithms,
}

/// The curves of one arithmetic: one for each branch and variant that something was measured of.
fn lines<'a>(run: &'a Run, one: &'a Arithmetic, scale: Scale) -> impl Iterator<Item = Series> + 'a {
    let lines = by_line(&one.checkpoints);
    let is_only = lines.len() == 1;
    lines.into_iter().filter(|rows| rows.iter().any(|row| row.measured.is_some())).map(move |rows| {
        let at = &rows[0].at;
        let fork = run.tree.branch(&at.branch).and_then(|branch| branch.fork.as_ref());
        let left = fork.and_then(|fork| {
            let from = (fork.branch.as_str(), fork.step, at.variant.as_deref());
            let row = one.checkpoints.iter().find(|row| row.at.at() == from)?;
            point(&row.at, row.measured.as_ref()?, scale)
        });
        Series {
            name: if is_only { one.precision.clone() } else { format!("{}, {}", one.precision, rows[0].line) },
            colour: 0,
            fork: left,
            points: rows.iter().map(|row| point(&row.at, row.measured.as_ref()?, scale)).collect(),
            hollow: Vec::new(),
        }
    })
}

/// The rows of each line, lines as they come first: checkpoints are in the order of their steps, so that those of variants alternate.
fn by_line(rows: &[CheckpointRow]) -> Vec<Vec<&CheckpointRow>> {
    let mut lines: Vec<Vec<&CheckpointRow>> = Vec::new();
    for row in rows {
        match lines.iter_mut().find(|line| line[0].line == row.line) {
            Some(line) => line.push(row),
            None => lines.push(vec![row]),
        }
    }
    lines
}

/// A divergence where it was measured; nothing of 0 among logarithms.
fn point(at: &Checkpoint, shifts: &TokenShifts, scale: Scale) -> Option<Point> {
    let (divergence, half) = (shifts.divergence, shifts.half());
    let (value, half) = match scale {
        Scale::Plain => (divergence, half),
        Scale::Logarithms if divergence <= 0.0 => return None,
        Scale::Logarithms => (divergence.log10(), half.map(|half| half / (divergence * std::f64::consts::LN_10))),
    };
    Some(Point { tokens: at.tokens as f64, value, interval: half.map(|half| (value - half, value + half)) })
}

/// Ends of the vertical axis that hold every value and every bar.
fn range(series: &[Series], scale: Scale) -> (f64, f64) {
    let points = || series.iter().flat_map(|series| series.points.iter().flatten().chain(&series.fork));
    let ends = |point: &Point| point.interval.unwrap_or((point.value, point.value));
    let low = points().map(|point| ends(point).0).reduce(f64::min).unwrap_or(0.0);
    let high = points().map(|point| ends(point).1).reduce(f64::max).unwrap_or(1.0);
    let low = if scale == Scale::Plain { low.min(0.0) } else { low };
    let spare = 0.05 * (high - low).max(1e-9);
    (if scale == Scale::Plain && low == 0.0 { 0.0 } else { low - spare }, high + spare)
}
