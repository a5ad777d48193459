//! Several runs (or seeds) as one: their branches side by side, so that one report draws them all.

use std::collections::{BTreeMap, BTreeSet};

use spyglass_tasks::metric::is_by_token;

use super::renamed::renamed;
use super::tokenizers::{tokenizers, warn_of_tokens};
use crate::run::{Run, Subject, TaskGroup};

/// Data, definition, and the tokenizer where the score counts in tokens.
type Rests = (String, String, String);

/// The runs as one run with several trunks; a run by itself stays as it is.
///
/// Every branch is called `run/branch`, runs of the same name are numbered. A task that is not the same in a later run (other data,
/// another definition; another tokenizer, where the score counts in tokens) is called `task (run)` there: curves that answer different
/// questions never share a plot. Likewise a group of other tasks. Of what else counts in tokens the units' warnings tell.
pub fn side_by_side(mut runs: Vec<Run>) -> Option<Run> {
    if runs.len() < 2 {
        return runs.pop();
    }
    let names = names(&runs);
    let mut known: BTreeMap<Subject, BTreeSet<Rests>> = BTreeMap::new();
    let mut whole: Option<Run> = None;
    let first = tokenizers(&runs[0]);
    for (mut run, name) in runs.into_iter().zip(&names) {
        run.stock_phrases.iter_mut().for_each(|list| list.run = Some(name.clone()));
        let others = other_tasks(&run, &mut known);
        warn_of_tokens(&mut run, &first, &names[0]);
        let run = renamed(run, name, &others);
        whole = Some(match whole {
            None => run,
            Some(whole) => joined(whole, run, name),
        });
    }
    let mut whole = whole?;
    whole.name = names.join(", ");
    whole.tree.runs = names;
    Some(whole)
}

pub(super) fn names(runs: &[Run]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for run in runs {
        let numbered = (2..).map(|number| format!("{} {number}", run.name));
        let free = [run.name.clone()].into_iter().chain(numbered).find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

/// Names of the run's tasks that earlier runs ask with other data or another definition.
fn other_tasks(run: &Run, known: &mut BTreeMap<Subject, BTreeSet<Rests>>) -> BTreeSet<String> {
    let mut own: BTreeMap<Subject, BTreeSet<Rests>> = BTreeMap::new();
    let records = run.units.iter().map(|unit| &unit.record).chain(run.packs.iter().map(|pack| &pack.record));
    for record in records {
        let tokenizer =
            if is_by_token(&record.primary_metric) { record.inputs.tokenizer.clone() } else { String::new() };
        let inputs = (record.inputs.data.clone(), record.inputs.task_definition.clone(), tokenizer);
        own.entry(record.subject()).or_default().insert(inputs);
    }
    let mut others = BTreeSet::new();
    for (asked, inputs) in own {
        if known.get(&asked).is_some_and(|before| *before != inputs) {
            others.insert(asked.task.clone());
        }
        known.entry(asked).or_insert(inputs);
    }
    others
}

/// Adds `run` to `whole`; of texts that both have the first are kept.
fn joined(mut whole: Run, run: Run, name: &str) -> Run {
    whole.tree.branches.extend(run.tree.branches);
    whole.tree.misplaced.extend(run.tree.misplaced);
    whole.units.extend(run.units);
    whole.packs.extend(run.packs);
    whole.ratings.extend(run.ratings);
    whole.notes.extend(run.notes);
    whole.superseded.extend(run.superseded);
    whole.mark += &run.mark;
    // One list for all: curves that count other phrases would not compare. The page says whose it is.
    whole.stock_phrases = whole.stock_phrases.or(run.stock_phrases);
    whole.failures.extend(run.failures);
    whole.under_way = match (whole.under_way, run.under_way) {
        (Some(one), Some(other)) => Some(one.with(other)),
        (one, other) => one.or(other),
    };
    for texts in run.texts {
        let same = whole.texts.iter_mut().find(|known| known.subject() == texts.subject());
        match same {
            Some(known) if known.items.len() >= texts.items.len() => {}
            Some(known) => *known = texts,
            None => whole.texts.push(texts),
        }
    }
    for group in run.groups {
        match whole.groups.iter_mut().find(|known| known.name == group.name) {
            Some(known) if known.is_same(&group) => known.told.extend(group.told),
            Some(_) => whole.groups.push(TaskGroup { name: format!("{} ({name})", group.name), ..group }),
            None => whole.groups.push(group),
        }
    }
    whole.run_file = format!("{}\n\n{}", whole.run_file.trim_end(), run.run_file);
    whole
}
