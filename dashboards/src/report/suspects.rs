//! Which items a suspicion of a leak leads to: the place of their list, worst first.

use super::address::{checkpoint_name, encoded};
use super::curves::TaskCurves;
use crate::alarms::{Alarm, AlarmKind};
use crate::run::{Checkpoint, Run};

/// What stands behind `#` on the page of a task's items, so that it shows the suspects: where they were asked otherwise too, those
/// right as printed and wrong there; of a jump, those that came to be right in it. `None` where the alarm suspects no items.
pub(super) fn suspects(run: &Run, task: &TaskCurves<'_>, alarm: &Alarm) -> Option<String> {
    let step = alarm.place.step?;
    let path: Vec<&Checkpoint> = measured(run, task, &alarm.place.branch);
    let at = path.iter().rposition(|checkpoint| checkpoint.step == step)?;
    let name = |index: usize| encoded(&checkpoint_name(path[index]));
    match alarm.kind {
        AlarmKind::PerturbedGap => {
            let twin = encoded(&twin(run, task, alarm)?);
            Some(format!("b={}&twin={twin}&order=gap", name(at)))
        }
        AlarmKind::LoneJump => {
            let before = at.checked_sub(1)?;
            Some(format!("a={}&b={}&show=gained&order=rise", name(before), name(at)))
        }
        _ => None,
    }
}

/// How the twin is perturbed that the alarm speaks of.
fn twin(run: &Run, task: &TaskCurves<'_>, alarm: &Alarm) -> Option<String> {
    let own = &task.subject;
    let subjects = run.units.iter().map(|unit| unit.record.subject());
    let twins = subjects.filter(|other| other.task == own.task && other.shots == own.shots);
    twins.filter_map(|twin| twin.perturbed_words()).find(|words| alarm.sentence.contains(words.as_str()))
}

/// The measured checkpoints on the path to the end of a branch.
fn measured<'a>(run: &'a Run, task: &TaskCurves<'_>, branch: &str) -> Vec<&'a Checkpoint> {
    let is_measured = |at: &&Checkpoint| task.measured.iter().flatten().any(|found| found.checkpoint.at() == at.at());
    let mut path: Vec<&Checkpoint> = run.tree.path(branch).into_iter().filter(is_measured).collect();
    path.sort_by_key(|at| at.tokens);
    path
}
