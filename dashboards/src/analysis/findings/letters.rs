//! Who answers with one letter: an alarm where something is claimed, a note where letters are yet to be learned.

use super::TaskFindings;
use super::path::PathFindings;
use super::series::Series;
use super::subject::AnswerFormat;
use crate::alarms::{Letters, LettersVerdict, letter_name, letters};
use crate::run::{Run, Unit};
use spyglass_tasks::metric::argmax;
use std::collections::BTreeMap;

/// How the letters of a task's newest checkpoint on a path spread, and what that is worth; `None` of other tasks, and where another
/// curve speaks for them: leaves of a group, perturbed twins.
pub(crate) fn spread(
    run: &Run,
    series: &Series<'_>,
    task: &TaskFindings,
    path: &PathFindings,
) -> Option<(Letters, LettersVerdict)> {
    if series.format != AnswerFormat::Letters || !task.is_told {
        return None;
    }
    let points = series.path(&run.tree, &path.branch);
    let (newest, _) = points.last()?;
    let (predicted, gold, count) = predicted(series.units.get(&newest.at())?)?;
    let found = letters(&predicted, &gold, count)?;
    let verdict = found.verdict(path.onset.as_ref().is_some_and(crate::analysis::Onset::is_there));
    Some((found, verdict))
}

/// Predicted and right letters, and how many letters there are.
fn predicted(units: &[&Unit]) -> Option<(Vec<usize>, Vec<usize>, usize)> {
    let items = units.iter().flat_map(|unit| unit.items.iter());
    let answer = |item: &spyglass_tasks::ItemRecord| {
        let likeliest = argmax(item.choices.iter().map(|choice| choice.logprob))?;
        Some((likeliest, item.gold, item.choices.len()))
    };
    let answers: Option<Vec<(usize, usize, usize)>> = items.map(answer).collect();
    let answers = answers?;
    let letters = answers.iter().map(|answer| answer.2).max()?;
    let (predicted, gold) = answers.iter().map(|answer| (answer.0, answer.1)).unzip();
    Some((predicted, gold, letters))
}

/// `62 lettered tasks are answered with one letter (mostly A): usual before letters are learned`.
pub(crate) fn note(run: &Run, series: &[Series<'_>], tasks: &[TaskFindings]) -> Option<String> {
    let mut titles = Vec::new();
    let (mut letters, mut is_all) = (BTreeMap::<usize, usize>::new(), true);
    for (series, task) in series.iter().zip(tasks) {
        let found = task.paths.iter().filter_map(|path| spread(run, series, task, path));
        let noted: Vec<Letters> =
            found.filter(|(_, verdict)| *verdict == LettersVerdict::Note).map(|(found, _)| found).collect();
        if !noted.is_empty() {
            titles.push(task.subject.title());
        }
        for found in noted {
            *letters.entry(found.preferred()).or_default() += 1;
            is_all &= found.degenerate;
        }
    }
    let (&commonest, _) = letters.iter().max_by_key(|(letter, count)| (**count, std::cmp::Reverse(**letter)))?;
    let who = match titles.as_slice() {
        [only] => format!("{only} is"),
        all => format!("{} lettered tasks are", all.len()),
    };
    let with = if is_all { "with one letter" } else { "mostly with one letter" };
    let mostly = if letters.len() > 1 { "most often " } else { "" };
    let name = letter_name(commonest);
    Some(format!("{who} answered {with} ({mostly}{name}): usual before letters are learned"))
}
