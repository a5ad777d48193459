//! The rules, and what they look at: each is asked about the whole run.

use rayon::prelude::*;

use super::alarm::{Alarm, Place};
use super::{letters, log, lone_jump, perturbed_gap, regressed, same_weights, ties};
use crate::run::Run;
use crate::series::{PathFindings, Series, TaskFindings};

/// All rules, a line each.
const RULES: &[fn(&Seen<'_>) -> Vec<Alarm>] = &[
    log::alarms,
    perturbed_gap::alarms,
    lone_jump::alarms,
    same_weights::alarms,
    regressed::alarms,
    letters::alarms,
    ties::alarms,
];

/// A run with what was found of its tasks.
pub(crate) struct Seen<'a> {
    pub(crate) run: &'a Run,
    /// Every task and group.
    pub(crate) series: &'a [Series<'a>],
    /// Beside each of `series`, judged beside the others.
    pub(crate) tasks: &'a [TaskFindings],
}

/// One task on one path.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) series: &'a Series<'a>,
    pub(super) task: &'a TaskFindings,
    pub(super) path: &'a PathFindings,
}

impl Line<'_> {
    /// The place of a point of the path.
    pub(super) fn place(self, point: usize) -> Place {
        let at = &self.path.points[point];
        Place {
            task: Some(self.task.subject.title()),
            branch: self.path.branch.clone(),
            step: Some(at.step),
            tokens: Some(at.tokens),
        }
    }

    /// The place of the newest point.
    pub(super) fn newest(self) -> Place {
        self.place(self.path.points.len() - 1)
    }
}

impl Seen<'_> {
    /// The alarms of every task on every path, in this order.
    pub(super) fn each_line<R: IntoIterator<Item = Alarm> + Send>(
        &self,
        rule: impl Fn(Line<'_>) -> R + Sync,
    ) -> Vec<Alarm> {
        let of_task = |index: usize| {
            let (series, task) = (&self.series[index], &self.tasks[index]);
            task.paths.iter().flat_map(|path| rule(Line { series, task, path })).collect::<Vec<Alarm>>()
        };
        (0..self.tasks.len()).into_par_iter().flat_map_iter(of_task).collect()
    }
}

/// All alarms, the gravest kind first, then by task and tokens.
pub(crate) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    let mut all: Vec<Alarm> = RULES.iter().flat_map(|rule| rule(seen)).collect();
    all.sort_by(|a, b| (a.kind, &a.place.task, a.place.tokens).cmp(&(b.kind, &b.place.task, b.place.tokens)));
    all
}
