//! Curves of what was measured of each checkpoint, whatever it is.

use super::curves::{Measured, fork_point};
use crate::plots::Series;
use crate::run::{Checkpoint, Run};

/// A series for each branch on which `point` knows a checkpoint, and beside it its measured checkpoints.
pub(crate) fn checkpoint_curves<'a>(
    run: &'a Run,
    point: impl Fn(&'a Checkpoint) -> Option<Measured<'a>>,
) -> (Vec<Series>, Vec<Vec<Measured<'a>>>) {
    let (mut series, mut measured) = (Vec::new(), Vec::new());
    for branch in &run.tree.branches {
        let all: Vec<Option<Measured<'_>>> = branch.checkpoints.iter().map(&point).collect();
        if all.iter().any(Option::is_some) {
            series.push(Series {
                name: branch.name.clone(),
                colour: run.tree.colour(&branch.name),
                fork: fork_point(run, branch).and_then(&point).map(|measured| measured.point),
                points: all.iter().map(|measured| measured.as_ref().map(|measured| measured.point.clone())).collect(),
                hollow: Vec::new(),
            });
            measured.push(all.into_iter().flatten().collect());
        }
    }
    (series, measured)
}
