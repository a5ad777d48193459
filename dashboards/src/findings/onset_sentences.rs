//! Onsets as sentences: each event once, tasks that moved together in one.

use super::how_sure;
use super::sentences::{Number, Sentence, SentenceKind, Weighed, on_branch, phase_words, rate_words};
use super::waiting::{listed, on_each, range};
use crate::analysis::emergence_kind::{EmergenceKind, MetricEffect};
use crate::analysis::onset::{Onset, Status};
use crate::analysis::sharpness::Shape;
use crate::analysis::trend::Trend;
use crate::number::percent;
use crate::run::Run;
use crate::series::{PathFindings, TaskFindings};

/// One onset on the branch that shows it.
struct Event<'a> {
    task: &'a TaskFindings,
    path: &'a PathFindings,
    onset: &'a Onset,
    /// ` on anneal`, `, in the anneal`.
    place: String,
    phase: String,
    kind: &'static str,
    elsewhere: String,
}

/// Onsets, each event once; later and larger rises are rarer news.
pub(super) fn onsets(run: &Run, tasks: &[&TaskFindings]) -> Vec<Weighed> {
    let mut together: Vec<Vec<Event<'_>>> = Vec::new();
    for task in tasks {
        for (index, path) in task.paths.iter().enumerate() {
            let Some(onset) = path.own_onset().filter(|onset| onset.came()) else { continue };
            // Where nobody saw it come, its first phase cannot be told.
            let phases = path.phases.as_ref().filter(|_| onset.after().is_some());
            let phase = phases.map_or_else(String::new, |phases| {
                format!(", {}{}", phase_words(phases), rate_words(run, path, phases))
            });
            let kind = task.kinds.get(index).map_or("", |kind| kind_words(*kind));
            let place = on_branch(run, task, path);
            let event = Event { task, path, onset, place, phase, kind, elsewhere: elsewhere(run, task, path) };
            match together.iter_mut().find(|events| events[0].is_as(&event)) {
                Some(events) => events.push(event),
                None => together.push(vec![event]),
            }
        }
    }
    together.iter().map(|events| told(events)).collect()
}

impl Event<'_> {
    /// Both came between the same checkpoints, in the same manner.
    fn is_as(&self, other: &Self) -> bool {
        let manner = |event: &Self| (event.path.sharpness.verdict, event.path.metric_effect);
        let is_seen = self.onset.status == Status::Emerged && self.onset.after().is_some();
        is_seen
            && other.onset.status == Status::Emerged
            && self.path.branch == other.path.branch
            && (self.onset.after(), self.onset.by()) == (other.onset.after(), other.onset.by())
            && self.phase == other.phase
            && manner(self) == manner(other)
    }

    fn rise(&self) -> Option<f64> {
        Some(self.path.sharpness.rise.as_ref()?.rise)
    }

    fn numbers(&self) -> Vec<Number> {
        let tokens = |count: Option<u64>| count.map(|count| count as f64);
        let estimate = self.onset.fit.as_ref().and_then(|fit| fit.estimate);
        let when = Number {
            low: tokens(self.onset.after()),
            high: tokens(self.onset.by()),
            ..Number::of("onset", self.task, estimate)
        };
        let rise = self.rise().map(|rise| Number::of("rise", self.task, Some(rise)));
        [Some(when), rise].into_iter().flatten().collect()
    }
}

fn told(events: &[Event<'_>]) -> Weighed {
    let first = &events[0];
    let tasks: Vec<&TaskFindings> = events.iter().map(|event| event.task).collect();
    let when = match tasks.len() {
        1 => first.onset.words(&first.path.curve),
        2 => format!("both {}", first.onset.when(&first.path.curve)),
        _ => format!("all {}", first.onset.when(&first.path.curve)),
    };
    let parts = [
        format!("{}{} {when}{}", listed(&tasks), first.place, first.phase),
        shape_words(events),
        of_each(events, "in ", |event| event.kind),
        of_each(events, "", |event| &event.elsewhere),
    ];
    let late = first.onset.by().map_or(0.0, |by| (by as f64 + 1.0).ln());
    let rise = events.iter().filter_map(Event::rise).fold(0.0, f64::max);
    let sentence = Sentence {
        numbers: events.iter().flat_map(Event::numbers).collect(),
        sure: events.iter().flat_map(|event| how_sure::onset(event.task, event.path, event.onset)).collect(),
        ..Sentence::of(SentenceKind::Onset, parts.concat() + ".", &tasks, Some(&first.path.branch))
    };
    (late + rise, sentence)
}

/// What holds of all events once, and what holds of some behind `before` and their names: `; in a and b letters were written before`.
fn of_each<'e>(events: &'e [Event<'_>], before: &str, words: impl Fn(&'e Event<'_>) -> &'e str) -> String {
    let mut said: Vec<(&str, Vec<&TaskFindings>)> = Vec::new();
    for event in events.iter().filter(|event| !words(event).is_empty()) {
        match said.iter_mut().find(|(known, _)| *known == words(event)) {
            Some((_, tasks)) => tasks.push(event.task),
            None => said.push((words(event), vec![event.task])),
        }
    }
    let text = |(words, tasks): (&str, Vec<&TaskFindings>)| {
        if tasks.len() == events.len() { format!("; {words}") } else { format!("; {before}{} {words}", listed(&tasks)) }
    };
    said.into_iter().map(text).collect()
}

/// `not yet on trunk (14.1 M tokens), other (10.1 M)`: paths of the same run and task that still wait, each with its own end.
fn elsewhere(run: &Run, task: &TaskFindings, own: &PathFindings) -> String {
    let of = |path: &PathFindings| run.tree.run_of(&path.branch);
    let waits = |path: &&PathFindings| {
        path.onset.as_ref().is_some_and(|onset| onset.status == Status::NotYet) && of(path) == of(own)
    };
    let ends: Vec<(&str, u64)> =
        task.paths.iter().filter(waits).map(|path| (path.branch.as_str(), path.last_tokens())).collect();
    if ends.is_empty() { String::new() } else { format!("not yet on {}", on_each(&ends)) }
}

fn shape_words(events: &[Event<'_>]) -> String {
    let first = events[0].path;
    let rises: Vec<f64> = events.iter().filter_map(Event::rise).collect();
    let Some(height) = range(&rises, &percent).filter(|_| first.sharpness.verdict != Shape::None) else {
        return String::new();
    };
    let is_over = events.iter().all(|event| event.path.trend == Trend::NoGain);
    let so_far = if is_over { "" } else { " so far" };
    let shape = match first.sharpness.verdict {
        Shape::Sharp => "a sharp rise of",
        Shape::Smooth => "a smooth rise of",
        Shape::Unresolved | Shape::None => "a rise of",
    };
    let metric = match first.metric_effect {
        Some(MetricEffect::GenuineJump) => ", and P(gold) jumps with it, so it is no artefact of scoring",
        Some(MetricEffect::ThresholdEffect) => ", but P(gold) grows smoothly: the jump is the metric's",
        _ => "",
    };
    format!("; {shape} {height} points{so_far}{metric}")
}

fn kind_words(kind: EmergenceKind) -> &'static str {
    match kind {
        EmergenceKind::Selection => {
            "the facts were known and letters were written before, choosing the right letter came last"
        }
        EmergenceKind::Format => "the facts were known before, answering in letters came last",
        EmergenceKind::Knowledge => "letters were written before, the facts came last",
        EmergenceKind::Unresolved | EmergenceKind::None => "",
    }
}
