//! Which metric of a task tells most: the table of rises over wobbles.

use serde::Serialize;

use super::curves::TaskCurves;
use super::figure::{shown, signed};
use crate::analysis::rise_over_wobble;
use crate::run::Run;

/// One metric.
#[derive(Serialize)]
pub(super) struct Telling {
    metric: String,
    from: String,
    to: String,
    rise: String,
    wobble: String,
    /// In the direction of the better.
    ratio: f64,
    words: String,
}

/// The table, and the branch that it is read from.
#[derive(Serialize)]
pub(super) struct TellsMost {
    branch: String,
    rows: Vec<Telling>,
}

/// The metrics of a task by how well they tell that it rises, along the first branch that was measured four times; `None` below two.
pub(super) fn tells_most(run: &Run, all: &[TaskCurves<'_>]) -> Option<TellsMost> {
    let branch = run.tree.branches.iter().find(|branch| {
        let is_long = |task: &&TaskCurves<'_>| along(task, &branch.name).0.len() >= 4;
        all.iter().filter(is_long).count() > 1
    })?;
    let mut rows: Vec<Telling> = all.iter().filter_map(|task| telling(run, task, &branch.name)).collect();
    rows.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
    (rows.len() > 1).then(|| TellsMost { branch: branch.name.clone(), rows })
}

/// Tokens and values on a branch itself.
fn along(task: &TaskCurves<'_>, branch: &str) -> (Vec<f64>, Vec<f64>) {
    let own = task.series.iter().zip(&task.measured).find(|(series, _)| series.name == branch);
    own.into_iter().flat_map(|(_, measured)| measured).map(|m| (m.point.tokens, m.point.value)).unzip()
}

fn telling(run: &Run, task: &TaskCurves<'_>, branch: &str) -> Option<Telling> {
    let (tokens, values) = along(task, branch);
    let found = rise_over_wobble(&tokens, &values)?;
    let unit = run.units.iter().find(|unit| unit.record.subject().title() == task.subject.title());
    let is_better = unit.is_none_or(|unit| unit.record.higher_is_better(&task.metric));
    let ratio = if is_better { found.ratio } else { -found.ratio };
    Some(Telling {
        metric: task.metric.clone(),
        from: shown(task, found.from).replace('-', "−"),
        to: shown(task, found.to).replace('-', "−"),
        rise: signed(task, found.to - found.from),
        wobble: signed(task, found.wobble).trim_start_matches('+').to_owned(),
        ratio,
        words: format!("{ratio:.1}").replace('-', "−"),
    })
}
