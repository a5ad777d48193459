//! The table of the front page: a line for each task on each branch, with what the analysis says of it.

use serde::Serialize;

use super::curves::TaskCurves;
use super::figure::{change, half, shown, signed};
use crate::analysis::{Onset, Trend};
use crate::findings::phase_words;
use crate::number::tokens;
use crate::series::{PathFindings, TaskFindings};

/// One task on one branch.
#[derive(Serialize)]
pub(crate) struct Row {
    task: String,
    page: String,
    branch: String,
    /// A sweep has still to add to it.
    so_far: bool,
    colour: usize,
    value: f64,
    newest: String,
    error: String,
    change: String,
    delta: f64,
    #[serde(flatten)]
    verdicts: Verdicts,
    at: String,
    tokens: f64,
    items: usize,
}

/// What the analysis says of one path, as the cells of a table.
#[derive(Debug, Default, Serialize)]
pub struct Verdicts {
    /// The interval of the onset, or why there is none.
    pub onset: String,
    /// Tokens to sort onsets by; those that never came go last.
    by: f64,
    /// In which phase the onset lies.
    pub phase: String,
    /// Sharp or smooth.
    pub rise: &'static str,
    /// Whether it still rises.
    pub trend: &'static str,
    /// Whether it stayed.
    pub stays: String,
    /// The level that counts as an onset, and what it rests on.
    pub level: String,
}

impl Verdicts {
    /// The cells of one path. `higher_is_better`: of the metric; where less is better, what gains falls.
    pub fn of(path: &PathFindings, higher_is_better: bool) -> Self {
        let found = path.onset.as_ref();
        Self {
            onset: onset(path),
            by: found.and_then(Onset::by).map_or(f64::MAX, |by| by as f64),
            phase: path.phases.as_ref().filter(|_| found.is_some_and(was_seen)).map_or_else(String::new, phase_words),
            rise: path.sharpness.verdict.word(),
            trend: trend(path, higher_is_better),
            stays: stays(path),
            level: found.and_then(|onset| onset.level_words(&path.curve)).unwrap_or_default(),
        }
    }
}

/// The lines of one task; `found` is what the analysis says of it.
pub(crate) fn rows(task: &TaskCurves<'_>, slug: &str, found: Option<&TaskFindings>) -> Vec<Row> {
    let higher_is_better = found.is_none_or(|found| found.higher_is_better);
    let ends = task.series.iter().zip(&task.measured).filter_map(|(s, m)| m.last().map(|last| (s, m, last)));
    ends.map(|(series, measured, last)| {
        let delta = change(measured);
        let path = found.and_then(|found| found.path(&series.name));
        Row {
            task: task.subject.title(),
            page: format!("tasks/{slug}.html"),
            branch: series.name.clone(),
            so_far: task.lacking.on.get(&series.name).is_some_and(|lacking| *lacking > 0),
            colour: series.colour,
            value: last.point.value,
            newest: shown(task, last.point.value),
            error: half(task, &last.point),
            change: delta.map_or_else(String::new, |delta| signed(task, delta)),
            delta: delta.unwrap_or_default(),
            verdicts: path.map(|path| Verdicts::of(path, higher_is_better)).unwrap_or_default(),
            at: tokens(last.point.tokens),
            tokens: last.point.tokens,
            items: last.items,
        }
    })
    .collect()
}

/// The onset has a lower end: before it, its phase could not be told.
fn was_seen(onset: &Onset) -> bool {
    onset.came() && onset.after().is_some()
}

/// The interval of the onset, or why there is none.
fn onset(path: &PathFindings) -> String {
    let Some(found) = &path.onset else { return String::new() };
    if path.onset_is_shared {
        return "before the fork".into(); // the parent's line tells when
    }
    found.brief()
}

/// `emerged and stayed`, or how often it went since.
fn stays(path: &PathFindings) -> String {
    let Some(found) = &path.hops else { return String::new() };
    let now = if found.falls.last().is_some_and(|fall| fall.1.is_none()) { "gone" } else { "back" };
    match (found.stayed, found.falls.len()) {
        (None, _) => String::new(),
        (Some(true), _) => "stayed".into(),
        (Some(false), 1) => format!("comes and goes: 1 fall, {now} now"),
        (Some(false), falls) => format!("comes and goes: {falls} falls, {now} now"),
    }
}

fn trend(path: &PathFindings, higher_is_better: bool) -> &'static str {
    match (path.trend, higher_is_better) {
        (Trend::Rising, true) | (Trend::Falling, false) => "rising",
        (Trend::Falling, true) | (Trend::Rising, false) => "falling",
        (Trend::NoGain, _) => "no gain",
        (Trend::Undecided, _) => "undecided",
        (Trend::Unknown, _) => "",
    }
}
