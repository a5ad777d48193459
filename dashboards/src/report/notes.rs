//! Readers' notes beside what they are about: which page each stands on, and what a page's own notes would be about.

use std::collections::BTreeMap;

use serde::Serialize;

use super::vibes::Grid;
use crate::run::{Note, NoteAbout, RatingPlace, Run};

/// The notes of one page.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct PageNotes {
    /// What a note written on this page is about, as JSON; the item or checkpoint that is looked at comes to it.
    about: String,
    rows: Vec<NoteRow>,
}

/// A note as a page shows it.
#[derive(Debug, Clone, Serialize)]
struct NoteRow {
    id: String,
    author: String,
    /// What it is about; empty where the page says so.
    place: String,
    text: String,
    time: String,
}

/// Notes by the page's path; the front page has them all.
pub(crate) type Notes = BTreeMap<String, PageNotes>;

/// The notes of all pages: `tasks` are titles and slugs of the pages of tasks.
pub(crate) fn notes<'a>(run: &Run, tasks: impl Iterator<Item = (&'a str, &'a str)>, grids: &[Grid]) -> Notes {
    let page = |about: &NoteAbout| {
        let about = serde_json::to_string(about).expect("plain data");
        PageNotes { about, rows: Vec::new() }
    };
    let mut all = Notes::from([("index.html".to_owned(), page(&NoteAbout::Run {}))]);
    for (title, slug) in tasks {
        let task = title.to_owned();
        all.insert(format!("items/{slug}.html"), page(&NoteAbout::Item { task: task.clone(), item: 0 }));
        all.insert(format!("tasks/{slug}.html"), page(&NoteAbout::Task { task }));
    }
    let talks = grids
        .iter()
        .flat_map(|grid| grid.rows.iter().filter_map(|row| Some((row, row.talks.iter().flatten().next()?))));
    for (row, talk) in talks {
        let at = RatingPlace { branch: String::new(), step: 0, variant: None };
        let (pack, prompt, repeat) = (talk.pack.clone(), talk.prompt.clone(), talk.repeat);
        let variables = serde_json::to_value(&talk.variables).ok().and_then(|value| value.as_object().cloned());
        let about = NoteAbout::Transcript { pack, prompt, variables: variables.unwrap_or_default(), repeat, at };
        all.insert(format!("vibes/{}.html", row.slug), page(&about));
    }
    let pages: Vec<(String, NoteAbout)> =
        all.iter().filter_map(|(path, page)| Some((path.clone(), serde_json::from_str(&page.about).ok()?))).collect();
    for note in &run.notes {
        for (path, about) in &pages {
            if path == "index.html" || is_on(&note.about, about) {
                all.get_mut(path).expect("it is one of them").rows.push(row(note, about));
            }
        }
    }
    all
}

/// Whether a note stands on the page whose own notes would be about `page`.
fn is_on(note: &NoteAbout, page: &NoteAbout) -> bool {
    match (note, page) {
        (NoteAbout::Task { task } | NoteAbout::Item { task, .. }, NoteAbout::Task { task: own })
        | (NoteAbout::Item { task, .. }, NoteAbout::Item { task: own, .. }) => task == own,
        (
            NoteAbout::Transcript { pack, prompt, variables, repeat, .. },
            NoteAbout::Transcript { pack: own_pack, prompt: own_prompt, variables: own, repeat: own_repeat, .. },
        ) => (pack, prompt, variables, repeat) == (own_pack, own_prompt, own, own_repeat),
        _ => false,
    }
}

fn row(note: &Note, page: &NoteAbout) -> NoteRow {
    let checkpoint = |at: &RatingPlace| {
        let variant = at.variant.as_ref().map_or_else(String::new, |variant| format!(" {variant}"));
        format!("{} step {}{variant}", at.branch, at.step)
    };
    let on_front = matches!(page, NoteAbout::Run {});
    let place = match &note.about {
        NoteAbout::Run {} => String::new(),
        NoteAbout::Task { task } => {
            if on_front {
                task.clone()
            } else {
                String::new()
            }
        }
        NoteAbout::Item { task, item } => {
            if on_front {
                format!("{task}, item {item}")
            } else {
                format!("item {item}")
            }
        }
        NoteAbout::Transcript { pack, prompt, at, .. } if on_front => format!("{pack}: {prompt}, {}", checkpoint(at)),
        NoteAbout::Checkpoint { at } | NoteAbout::Transcript { at, .. } => checkpoint(at),
    };
    let Note { id, author, text, time, .. } = note.clone();
    NoteRow { id, author, place, text, time }
}
