//! What a reader should know of the numbers: checkpoints that answered other questions or other items, chance that nobody knows.

use crate::number::tokens;
use crate::run::{Misplaced, RunTree, Unit};
use crate::series::Difference;
use crate::series::Series;
use crate::series::TaskFindings;
use crate::series::is_share;

/// The notes of all tasks: those of single curves, then what several have in common.
pub(super) fn notes(tasks: &[TaskFindings]) -> Vec<String> {
    let mut notes: Vec<String> = tasks.iter().flat_map(|task| task.notes.clone()).collect();
    notes.extend(without_chance(tasks));
    notes.extend(tasks.iter().filter_map(on_common_items));
    notes
}

/// So many checkpoints are named.
const MISPLACED_SHOWN: usize = 5;

/// The checkpoints that hold the weights of another step.
pub(super) fn misplaced(tree: &RunTree) -> Option<String> {
    let mut said: Vec<String> = tree.misplaced.iter().take(MISPLACED_SHOWN).map(Misplaced::words).collect();
    let more = tree.misplaced.len() - said.len();
    said.extend((more > 0).then(|| format!("and {more} more")));
    (!said.is_empty()).then(|| {
        format!("drawn hollow and left out of onsets, since the weights belong to another step: {}", said.join("; "))
    })
}

/// The tasks of which nobody knows what guessing scores: no onset is looked for.
fn without_chance(tasks: &[TaskFindings]) -> Option<String> {
    let unknown = tasks.iter().filter(|task| task.chance.is_none() && is_share(&task.metric) && !task.paths.is_empty());
    let names: Vec<String> = unknown.map(|task| task.subject.title()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: what guessing scores is unknown, since the results came without items; no onset is looked for. Samples beside the \
             results tell it",
            names.join(", ")
        )
    })
}

fn on_common_items(task: &TaskFindings) -> Option<String> {
    let partial = |difference: Option<&Difference>| difference.filter(|difference| difference.partial).map(|d| d.items);
    let changes = task.paths.iter().filter_map(|path| partial(path.change.as_ref()));
    let fewest = changes.chain(task.gains.iter().filter_map(|gain| partial(Some(&gain.gain)))).min()?;
    Some(format!(
        "{}: its checkpoints were scored on different items; they are compared on those in common ({fewest} at least)",
        task.subject.title()
    ))
}

/// What is to be known of one curve: that its points answer different questions.
pub(super) fn of_curve(tree: &RunTree, series: &Series<'_>) -> Vec<String> {
    // Imports hash what they know of a definition, paths included.
    let is_ours = |unit: &Unit| unit.record.inputs.scoring_version > 0;
    let asked = [
        (
            "other data",
            changed(tree, series, |unit| Some(unit.record.inputs.data.as_str()).filter(|data| !data.is_empty())),
        ),
        (
            "another task definition",
            changed(tree, series, |unit| Some(unit.record.inputs.task_definition.as_str()).filter(|_| is_ours(unit))),
        ),
    ];
    let note = |(what, places): (&str, Option<String>)| {
        let title = series.subject.title();
        Some(format!(
            "{title}: {} scored on {what} than the rest: its curve joins answers to different questions",
            places?
        ))
    };
    asked.into_iter().filter_map(note).collect()
}

/// The checkpoints whose units differ from most in something that makes the question; `None` where none does.
fn changed<'u>(tree: &RunTree, series: &'u Series<'_>, what: impl Fn(&'u Unit) -> Option<&'u str>) -> Option<String> {
    let mut places: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for checkpoint in tree.branches.iter().flat_map(|branch| &branch.checkpoints) {
        let Some(units) = series.units.get(&checkpoint.at()) else { continue };
        let Some(key) = units.iter().map(|unit| what(unit)).collect::<Option<Vec<&str>>>() else { continue };
        let place =
            format!("{} step {} ({} tokens)", checkpoint.branch, checkpoint.step, tokens(checkpoint.tokens as f64));
        match places.iter_mut().find(|(known, _)| *known == key) {
            Some((_, places)) => places.push(place),
            None => places.push((key, vec![place])),
        }
    }
    let most = places.iter().map(|(_, places)| places.len()).max()?;
    let rest = places.iter().position(|(_, places)| places.len() == most)?;
    places.remove(rest);
    let others: Vec<String> = places.into_iter().flat_map(|(_, places)| places).collect();
    let verb = if others.len() == 1 { "was" } else { "were" };
    match others.as_slice() {
        [] => None,
        [first, .., last] if others.len() > 4 => {
            Some(format!("{first} and {} more, up to {last}, {verb}", others.len() - 2))
        }
        all => Some(format!("{} {verb}", all.join(", "))),
    }
}
