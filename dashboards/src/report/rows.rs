//! The table of the front page: a line for each task on each branch, with what the analysis says of it.

use super::curves::TaskCurves;
use super::figure::{change, half, shown, signed};
use crate::analysis::{Onset, PathFindings, Shape, Status, TaskFindings, Trend, phase_words};
use crate::plots::tokens;
use serde::Serialize;

/// One task on one branch.
#[derive(Serialize)]
pub(crate) struct Row {
    task: String,
    page: String,
    branch: String,
    colour: usize,
    value: f64,
    newest: String,
    error: String,
    change: String,
    delta: f64,
    onset: String,
    /// Tokens to sort onsets by; those that never came go last.
    by: f64,
    phase: String,
    rise: &'static str,
    trend: &'static str,
    at: String,
    tokens: f64,
    items: usize,
}

/// The lines of one task; `found` is what the analysis says of it.
pub(crate) fn rows(task: &TaskCurves<'_>, slug: &str, found: Option<&TaskFindings>) -> Vec<Row> {
    let ends = task.series.iter().zip(&task.measured).filter_map(|(s, m)| m.last().map(|last| (s, m, last)));
    ends.map(|(series, measured, last)| {
        let delta = change(measured);
        let path = found.and_then(|found| found.path(&series.name));
        Row {
            task: task.subject.title(),
            page: format!("tasks/{slug}.html"),
            branch: series.name.clone(),
            colour: series.colour,
            value: last.point.value,
            newest: shown(task, last.point.value),
            error: half(task, &last.point),
            change: delta.map_or_else(String::new, |delta| signed(task, delta)),
            delta: delta.unwrap_or_default(),
            onset: path.map_or_else(String::new, onset),
            by: path.and_then(|path| path.onset.as_ref()?.by()).map_or(f64::MAX, |by| by as f64),
            phase: path.and_then(|path| path.phases.as_ref()).map_or_else(String::new, phase_words),
            rise: path.map_or("", rise),
            trend: path.map_or("", trend),
            at: tokens(last.point.tokens),
            tokens: last.point.tokens,
            items: last.items,
        }
    })
    .collect()
}

/// The interval of the onset, or why there is none.
fn onset(path: &PathFindings) -> String {
    let Some(found) = &path.onset else { return String::new() };
    let shared = if path.onset_is_shared { " (before the fork)" } else { "" };
    let words = match found.status {
        Status::Emerged => bracket(found),
        Status::Lost => format!("{}, then lost", bracket(found)),
        Status::AboveAtFirst => "above at the first".into(),
        Status::NotYet => "not yet".into(),
        Status::Undecided => "cannot be told".into(),
        Status::TooFewItems => "too few items".into(),
        Status::NoData => String::new(),
    };
    format!("{words}{shared}")
}

fn bracket(found: &Onset) -> String {
    let by = found.by().map_or_else(|| "?".into(), |by| tokens(by as f64));
    match found.after() {
        Some(after) => format!("{} – {by}", tokens(after as f64)),
        None => format!("by {by}"),
    }
}

fn rise(path: &PathFindings) -> &'static str {
    match path.sharpness.verdict {
        Shape::Sharp => "sharp",
        Shape::Smooth => "smooth",
        Shape::Unresolved => "unresolved",
        Shape::None => "",
    }
}

fn trend(path: &PathFindings) -> &'static str {
    match path.saturation.verdict {
        Trend::Rising => "rising",
        Trend::Saturated => "saturated",
        Trend::Undecided => "undecided",
        Trend::Unknown => "",
    }
}
