//! Several runs (or seeds) as one: their branches side by side, so that one report draws them all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spyglass_tasks::metric::is_by_token;

use crate::run::{Checkpoint, Failure, NoteAbout, Opinion, RatingPlace, Run, Subject, TaskGroup};

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
    Some(whole)
}

fn names(runs: &[Run]) -> Vec<String> {
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

/// The tokenizers of a run; none of an imported one.
fn tokenizers(run: &Run) -> BTreeSet<String> {
    let records = run.units.iter().map(|unit| &unit.record).chain(run.packs.iter().map(|pack| &pack.record));
    records.map(|record| record.inputs.tokenizer.clone()).filter(|tokenizer| !tokenizer.is_empty()).collect()
}

/// Warns of the numbers of `run` that count in tokens, where its tokenizers are not those of the first run.
fn warn_of_tokens(run: &mut Run, first: &BTreeSet<String>, name: &str) {
    let own = tokenizers(run);
    if own.is_empty() || first.is_empty() || own == *first {
        return;
    }
    let why = format!("count in tokens, and the tokenizer is not that of {name}: they do not compare with its numbers");
    for record in run.units.iter_mut().map(|unit| &mut unit.record) {
        let names: Vec<&str> =
            record.metrics.iter().map(|metric| metric.name.as_str()).filter(|name| is_by_token(name)).collect();
        if !names.is_empty() {
            record.warnings.push(format!("{} {why}", names.join(", ")));
        }
    }
    for pack in &mut run.packs {
        pack.record.warnings.push(format!("margins and perplexities {why}"));
    }
}

/// The run with its branches, and the tasks in `others`, named after it.
fn renamed(mut run: Run, name: &str, others: &BTreeSet<String>) -> Run {
    let branch = |branch: &mut String| *branch = format!("{name}/{branch}");
    let task = |task: &mut String| {
        if others.contains(task) {
            *task = format!("{task} ({name})");
        }
    };
    let checkpoint = |checkpoint: &mut Checkpoint| branch(&mut checkpoint.branch);
    for own in &mut run.tree.branches {
        branch(&mut own.name);
        own.fork.iter_mut().for_each(|fork| branch(&mut fork.branch));
        own.checkpoints.iter_mut().for_each(checkpoint);
    }
    run.tree.misplaced.iter_mut().for_each(|misplaced| branch(&mut misplaced.branch));
    let records = run.units.iter_mut().map(|unit| &mut unit.record);
    let records = records.chain(run.packs.iter_mut().map(|pack| &mut pack.record)).chain(&mut run.superseded);
    for record in records {
        checkpoint(&mut record.checkpoint);
        task(&mut record.task);
    }
    for pack in &mut run.packs {
        let changed = |pack: &str| others.contains(pack);
        if pack.transcripts.iter().any(|talk| changed(&talk.pack)) {
            Arc::make_mut(&mut pack.transcripts).iter_mut().for_each(|talk| task(&mut talk.pack));
        }
    }
    let place = |place: &mut RatingPlace| branch(&mut place.branch);
    for rating in &mut run.ratings {
        task(&mut rating.pack);
        match &mut rating.opinion {
            Opinion::Stars { at, .. } => place(at),
            Opinion::Pair { a, b, .. } => [a, b].into_iter().for_each(place),
        }
    }
    for note in &mut run.notes {
        note.id = format!("{name}/{}", note.id);
        match &mut note.about {
            NoteAbout::Run {} => {}
            NoteAbout::Checkpoint { at } => place(at),
            NoteAbout::Task { task: title } | NoteAbout::Item { task: title, .. } => {
                let (own, settings) = title.split_once(" · ").map_or((title.as_str(), ""), |(own, rest)| (own, rest));
                let (mut own, settings) = (own.to_owned(), settings.to_owned());
                task(&mut own);
                *title = if settings.is_empty() { own } else { format!("{own} · {settings}") };
            }
            NoteAbout::Transcript { pack, at, .. } => {
                task(pack);
                place(at);
            }
        }
    }
    for failure in run.failures.iter_mut().filter(|failure| failure.branch != Failure::EVERYWHERE) {
        branch(&mut failure.branch);
    }
    run.failures.iter_mut().filter_map(|failure| failure.task.as_mut()).for_each(task);
    run.texts.iter_mut().for_each(|texts| task(&mut texts.task));
    run.groups.iter_mut().flat_map(|group| &mut group.leaves).for_each(task);
    run.groups.iter_mut().flat_map(|group| &mut group.told).for_each(|told| branch(&mut told.branch));
    let head = format!("# {name}\n");
    run.run_file.insert_str(0, &head);
    run
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
    whole.failures.extend(run.failures);
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
