//! A run under a name of its own, so that it may stand beside others.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::run::{Checkpoint, Failure, NoteAbout, Opinion, RatingPlace, Run};

/// The run with its branches, and the tasks in `others`, named after it.
pub(super) fn renamed(mut run: Run, name: &str, others: &BTreeSet<String>) -> Run {
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
                let end = title.find(" · ").unwrap_or(title.len()); // its settings come after that
                let (mut own, settings) = (title[..end].to_owned(), title[end..].to_owned());
                task(&mut own);
                *title = own + &settings;
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
    for left in run.under_way.iter_mut().flat_map(|under_way| &mut under_way.left) {
        branch(&mut left.branch);
        left.tasks.iter_mut().for_each(task);
    }
    run.texts.iter_mut().for_each(|texts| task(&mut texts.task));
    run.groups.iter_mut().flat_map(|group| &mut group.leaves).for_each(task);
    run.groups.iter_mut().flat_map(|group| &mut group.told).for_each(|told| branch(&mut told.branch));
    let head = format!("# {name}\n");
    run.run_file.insert_str(0, &head);
    run
}
