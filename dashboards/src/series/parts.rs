//! The parts of a task, each with its own findings: the subjects of a group, the item groups of a single task.

use super::TaskFindings;
use super::item_groups::item_groups;
use super::path::PathFindings;
use super::values::Series;
use crate::run::Run;

/// A table with more rows says nothing.
pub(super) const MOST_PARTS: usize = 80;

/// One part of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct PartFindings {
    /// Its name: a leaf of the group, a subject of the items.
    pub name: String,
    /// Score of guessing.
    pub chance: Option<f64>,
    /// One path for each branch that has points, in the order of the branches.
    pub paths: Vec<PathFindings>,
}

impl PartFindings {
    /// The path to the end of a branch.
    pub fn path(&self, branch: &str) -> Option<&PathFindings> {
        self.paths.iter().find(|path| path.branch == branch)
    }

    /// Where it stands among the others: the earliest upper end of an onset, then its estimate, then the better score.
    fn rank(&self) -> (u64, f64, f64) {
        let onsets = || self.paths.iter().filter_map(|path| path.onset.as_ref());
        let by = onsets().filter_map(crate::analysis::Onset::by).min().unwrap_or(u64::MAX);
        let estimate = onsets().filter_map(|onset| onset.fit.as_ref()?.estimate).fold(f64::INFINITY, f64::min);
        let newest = self.paths.iter().filter_map(|path| path.points.last()).map(|point| point.value);
        (by, estimate, -newest.fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The parts of `task`, ordered by onset; none where there are fewer than two or too many to be read.
pub(crate) fn parts(run: &Run, series: &Series<'_>, task: &TaskFindings, tasks: &[TaskFindings]) -> Vec<PartFindings> {
    let mut parts = if task.subject.is_group { leaves(run, task, tasks) } else { item_groups(run, series) };
    if parts.len() < 2 {
        return Vec::new();
    }
    parts.sort_by(|a, b| {
        let ((by_a, at_a, score_a), (by_b, at_b, score_b)) = (a.rank(), b.rank());
        let place = by_a.cmp(&by_b).then(at_a.total_cmp(&at_b)).then(score_a.total_cmp(&score_b));
        place.then_with(|| a.name.cmp(&b.name))
    });
    parts
}

fn leaves(run: &Run, group: &TaskFindings, tasks: &[TaskFindings]) -> Vec<PartFindings> {
    let own = &group.subject;
    let Some(named) = run.groups.iter().find(|named| named.name == own.task) else { return Vec::new() };
    if named.leaves.len() > MOST_PARTS {
        return Vec::new();
    }
    let is_leaf = |task: &&TaskFindings| {
        let other = &task.subject;
        !other.is_group && other.is_asked_as(own) && named.leaves.contains(&other.task)
    };
    let part = |leaf: &TaskFindings| PartFindings {
        name: leaf.subject.task.clone(),
        chance: leaf.chance,
        paths: leaf.paths.clone(),
    };
    tasks.iter().filter(is_leaf).map(part).collect()
}
