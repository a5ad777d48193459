//! Each task's onset in both arithmetics.

use serde::Serialize;

use crate::analysis::{Onset, Status};
use crate::findings::Findings;
use crate::run::Run;

/// One task on the path of one branch.
#[derive(Debug, Serialize)]
pub(super) struct TaskRow {
    task: String,
    branch: String,
    colour: usize,
    before: String,
    after: String,
    /// What became of the onset; empty where nothing did.
    change: &'static str,
}

/// Each task's onset in both.
pub(super) fn tasks(run: &Run, before: &Findings, after: &Findings) -> Vec<TaskRow> {
    let mut rows = Vec::new();
    for task in &before.tasks {
        for path in &task.paths {
            let other = after.task(&task.subject).and_then(|task| task.path(&path.branch));
            let (Some(onset), Some(other)) = (path.onset.as_ref().filter(|_| !path.onset_is_shared), other) else {
                continue;
            };
            let Some(rounded) = &other.onset else { continue };
            rows.push(TaskRow {
                task: task.subject.title(),
                branch: path.branch.clone(),
                colour: run.tree.colour(&path.branch),
                before: onset.brief(),
                after: rounded.brief(),
                change: change(onset, rounded),
            });
        }
    }
    rows
}

/// What became of an onset; empty where nothing did.
pub(super) fn change(onset: &Onset, rounded: &Onset) -> &'static str {
    let apart = |one: Option<u64>, other: Option<u64>| one.zip(other).is_some_and(|(after, by)| after >= by);
    let is_lost = |onset: &Onset| onset.status == Status::Lost;
    match (onset.by(), rounded.by()) {
        (Some(_), Some(_)) if is_lost(rounded) && !is_lost(onset) => "lost again",
        (Some(_), Some(_)) if is_lost(onset) && !is_lost(rounded) => "kept",
        (Some(by), None) if rounded.after().is_some_and(|after| after >= by) => "lost",
        (None, Some(by)) if onset.after().is_some_and(|after| after >= by) => "gained",
        (Some(_), None) | (None, Some(_)) => "cannot be told yet",
        (by, rounded_by) if apart(rounded.after(), by) || apart(onset.after(), rounded_by) => "moves",
        (by, rounded_by) if by != rounded_by || onset.after() != rounded.after() => "within the interval",
        _ => "",
    }
}

/// What became of the onsets, in a sentence.
pub(super) fn onsets(tasks: &[TaskRow]) -> String {
    if tasks.is_empty() {
        return "No onset can be compared yet.".into();
    }
    let named = |change: &str| -> Vec<String> {
        tasks.iter().filter(|row| row.change == change).map(|row| format!("{} ({})", row.task, row.branch)).collect()
    };
    let parts: Vec<String> = [
        ("lost", "lost"),
        ("lost again", "seen and lost again only so"),
        ("moves", "moved beyond their intervals"),
        ("gained", "seen only so"),
        ("kept", "kept only so"),
        ("cannot be told yet", "not yet to be told"),
    ]
    .into_iter()
    .filter_map(|(change, words)| {
        let named = named(change);
        (!named.is_empty()).then(|| format!("{words}: {}", named.join(", ")))
    })
    .collect();
    if parts.is_empty() {
        "No onset is lost or moves beyond its interval.".into()
    } else {
        format!("Onsets {}.", parts.join("; "))
    }
}
