//! What a plot of curves is made of: points, series, phases, rates, onsets and hops, as plain data.

use serde::Serialize;

use super::axis::TokenAxis;

/// One measured point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// Tokens seen.
    pub(crate) tokens: f64,
    /// The estimate, in the plot's units.
    pub(crate) value: f64,
    /// Lower and upper end of its 95 % interval, where there is one.
    pub(crate) interval: Option<(f64, f64)>,
}

/// The curve of one branch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// Name as the run file gives it.
    pub(crate) name: String,
    /// Which colour; 0 is the trunk's.
    pub(crate) colour: usize,
    /// Where it leaves its parent, if that was measured: a line, but no point of its own.
    pub(crate) fork: Option<Point>,
    /// A place per checkpoint, `None` where nothing was measured: the line has a gap there.
    pub(crate) points: Vec<Option<Point>>,
    /// Points that were measured, but say nothing of their place: rings beside the line.
    pub(crate) hollow: Vec<Point>,
}

/// A learning-rate phase of the trunk, in tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Band {
    /// Left end.
    pub(crate) from: f64,
    /// Right end.
    pub(crate) to: f64,
    /// The phase's name.
    pub(crate) name: String,
}

/// The learning rate of one branch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Rate {
    /// Whose it is.
    pub(crate) branch: String,
    /// Which colour.
    pub(crate) colour: usize,
    /// Tokens seen and learning rate, ascending.
    pub(crate) points: Vec<(f64, f64)>,
}

/// The interval of an onset, in tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Onset {
    /// Which colour: that of its branch.
    pub(crate) colour: usize,
    /// Its lower end; open where nothing tells it.
    pub(crate) after: Option<f64>,
    /// Its upper end.
    pub(crate) by: f64,
}

/// An ability that went again after it came, or that is back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Hop {
    /// Which colour: that of its branch.
    pub(crate) colour: usize,
    /// Tokens of the point that shows it.
    pub(crate) tokens: f64,
    /// The value of that point.
    pub(crate) value: f64,
    /// It came back; otherwise it went.
    pub(crate) back: bool,
}

/// A phase of a branch after it left its parent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BranchPhase {
    /// Whose it is.
    pub(crate) branch: String,
    /// Which colour: that of its branch.
    pub(crate) colour: usize,
    /// Left end, in tokens.
    pub(crate) from: f64,
    /// Right end.
    pub(crate) to: f64,
    /// The phase's name.
    pub(crate) name: String,
}

impl Series {
    /// The points between two gaps, the fork first.
    pub(super) fn stretches(&self) -> Vec<Vec<&Point>> {
        let mut stretches = vec![self.fork.iter().collect::<Vec<_>>()];
        for point in &self.points {
            match (point, stretches.last_mut()) {
                (Some(point), Some(stretch)) => stretch.push(point),
                _ => stretches.push(Vec::new()),
            }
        }
        stretches.retain(|stretch| !stretch.is_empty());
        stretches
    }
}

/// A log has more entries than the strip has pixels: keeps those at least 3 px apart, the turning points and the last.
pub(crate) fn thinned(points: &[(f64, f64)], axis: &TokenAxis) -> Vec<(f64, f64)> {
    let apart = (axis.to - axis.from) / 110.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (k, point) in points.iter().enumerate() {
        let turn = k > 0
            && points
                .get(k + 1)
                .is_some_and(|next| (next.1 - point.1).signum() * (point.1 - points[k - 1].1).signum() < 0.0);
        if turn || k + 1 == points.len() || kept.last().is_none_or(|last| point.0 - last.0 >= apart) {
            kept.push(*point);
        }
    }
    kept
}
