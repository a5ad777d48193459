//! The front page: a run's curves as words, figures and a table.

use serde::Serialize;

use super::axes::{Axis, axes};
use super::compared::Compared;
use super::curves::{Shared, TaskCurves, branches, items};
use super::figure::{Figure, LOSS, figure, loss};
use super::plot_data::{self, PlotData};
use super::provenance;
use super::rows::{Row, rows};
use super::suspects::suspects;
use super::vibes::Overview;
use crate::alarms::{Alarm, AlarmKind, Evidence};
use crate::findings::{Findings, Sentence, alike};
use crate::number::{significant, tokens};
use crate::plots::{Geometry, TokenAxis};
use crate::run::Run;
use crate::run::{Subject, UnderWay};
use crate::series::TaskFindings;

/// What the template shows.
#[derive(Serialize)]
pub(crate) struct Page {
    name: String,
    headline: String,
    /// Whether all could be scored.
    outcome: String,
    /// How far a sweep has come that has not ended.
    under_way: Option<String>,
    pub(super) failed: Vec<String>,
    alarms: Vec<AlarmsOfAKind>,
    happened: Vec<Told>,
    /// Those for which there is no room above.
    more: Vec<Told>,
    scored: bool,
    notes: Vec<String>,
    pub(crate) figures: Vec<Figure>,
    rows: Vec<Row>,
    pub(crate) vibes: Option<Overview>,
    compared: Option<Compared>,
    /// Names of the figures' files, those first that alarms and sentences speak of.
    news: Vec<String>,
    /// Tasks that have a page and no figure here, since their group has one: title and page.
    folded: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
    /// What its curves can be drawn against.
    axes: Vec<Axis>,
    data: String,
}

/// A sentence of what happened, and where its evidence is.
#[derive(Serialize)]
struct Told {
    text: String,
    /// What it rests on.
    sure: Vec<String>,
    /// The page of each task that it speaks of by name, with that name where there are several.
    links: Vec<(String, String)>,
}

/// The alarms of one rule: the first, and behind a line that counts them the others.
#[derive(Serialize)]
struct AlarmsOfAKind {
    first: ShownAlarm,
    others: Vec<ShownAlarm>,
}

/// A reason to look, with its numbers and its rule.
#[derive(Serialize)]
pub(crate) struct ShownAlarm {
    text: String,
    evidence: String,
    rule: String,
    link: String,
    /// The items to look at first; empty where there are none.
    suspects: String,
}

/// A task as the front page shows it.
pub(crate) struct FrontTask<'a> {
    pub(crate) curves: TaskCurves<'a>,
    /// Name of its files.
    pub(crate) slug: &'a str,
    pub(crate) found: Option<&'a TaskFindings>,
    /// Its items have a page.
    pub(crate) has_items: bool,
}

impl Page {
    /// The page of `run` with these tasks.
    pub(crate) fn of(
        run: &Run,
        tasks: &[FrontTask<'_>],
        findings: &Findings,
        shared: &Shared,
        vibes: Option<Overview>,
    ) -> Self {
        let small = |task: &FrontTask<'_>| figure(&task.curves, task.slug, task.found, shared, Geometry::SMALL);
        let mut figures: Vec<Figure> = tasks.iter().map(small).collect();
        let loss = loss(run, shared);
        let plots = tasks.iter().map(|task| PlotData::of(&task.curves, task.slug, task.found));
        let talks = vibes.iter().flat_map(|vibes| vibes.plots.clone());
        let plots: Vec<PlotData> = plots.chain(loss.as_ref().map(|(_, data)| data.clone())).chain(talks).collect();
        figures.extend(loss.map(|(figure, _)| figure));
        let told = |(_, sentence): &(usize, Sentence)| told(tasks, sentence);
        let all = alike(&run.tree, findings.sentences.iter().chain(&findings.others));
        let (happened, more) = all.split_at(all.partition_point(|(place, _)| *place < findings.sentences.len()));
        Self {
            name: run.name.clone(),
            headline: headline(run, tasks, &shared.axis),
            outcome: match run.failures.len() {
                0 => "no failure".to_owned(),
                failures => counted(failures, "failure"),
            },
            under_way: run.under_way.as_ref().map(UnderWay::words),
            failed: run.failures.iter().map(failure).collect(),
            alarms: by_kind(&findings.alarms, |alarm| {
                shown_alarm(alarm, alarm_link(tasks, alarm), alarm_suspects(run, tasks, alarm))
            }),
            happened: happened.iter().map(told).collect(),
            more: more.iter().map(told).collect(),
            scored: !run.units.is_empty() || !run.packs.is_empty(),
            notes: findings.notes.clone(),
            figures,
            rows: tasks.iter().flat_map(|task| rows(&task.curves, task.slug, task.found)).collect(),
            vibes,
            compared: None,
            news: news(tasks, findings),
            folded: Vec::new(),
            facts: provenance::facts(run),
            warnings: warnings(run),
            axes: axes(&shared.places),
            data: plot_data::inline(shared, &plots),
        }
    }
}

impl Page {
    /// The page with its branches beside each other.
    pub(crate) fn beside(self, compared: Option<Compared>) -> Self {
        Self { compared, ..self }
    }

    /// The page with links to tasks that are read through a group.
    pub(crate) fn folding(self, others: &[FrontTask<'_>]) -> Self {
        let link = |task: &FrontTask<'_>| (task.curves.subject.title(), format!("tasks/{}.html", task.slug));
        Self { folded: others.iter().map(link).collect(), ..self }
    }
}

/// The files of tasks in the order in which alarms, sentences and what is folded away speak of them.
fn news(tasks: &[FrontTask<'_>], findings: &Findings) -> Vec<String> {
    let alarms = findings.alarms.iter().filter_map(|alarm| alarm.place.task.clone());
    let told = findings.sentences.iter().chain(&findings.others);
    let told = told.flat_map(|sentence| sentence.subjects.iter().map(Subject::title));
    let mut slugs: Vec<String> = Vec::new();
    for title in alarms.chain(told) {
        let task = tasks.iter().find(|task| task.curves.subject.title() == title);
        slugs.extend(task.map(|task| task.slug.to_owned()).filter(|slug| !slugs.contains(slug)));
    }
    slugs
}

/// Where the evidence of a sentence about this task is, as seen from the front page.
pub(super) fn sentence_link(tasks: &[FrontTask<'_>], subject: Option<&Subject>) -> String {
    let task = tasks.iter().find(|task| subject.is_some_and(|subject| task.curves.subject == *subject));
    task.map_or_else(|| "#curves".to_owned(), |task| format!("tasks/{}.html", task.slug))
}

/// Where the evidence of an alarm is, as seen from the front page.
pub(super) fn alarm_link(tasks: &[FrontTask<'_>], alarm: &Alarm) -> String {
    let Some(title) = &alarm.place.task else { return format!("#{LOSS}") };
    let page = tasks.iter().find(|task| task.curves.subject.title() == *title);
    let link = |task: &FrontTask<'_>| format!("tasks/{}.html{}", task.slug, evidence(alarm));
    page.map_or_else(|| "#curves".to_owned(), link)
}

/// Where the items are listed that an alarm suspects, as seen from the front page.
fn alarm_suspects(run: &Run, tasks: &[FrontTask<'_>], alarm: &Alarm) -> String {
    let task = tasks.iter().find(|task| task.has_items && Some(task.curves.subject.title()) == alarm.place.task);
    let shown = task.and_then(|task| Some(format!("items/{}.html#{}", task.slug, suspects(run, &task.curves, alarm)?)));
    shown.unwrap_or_default()
}

/// The sentence with its links: of tasks that moved together one each.
fn told(tasks: &[FrontTask<'_>], sentence: &Sentence) -> Told {
    let link = |subject: &Subject| (subject.title(), sentence_link(tasks, Some(subject)));
    let links = match sentence.subjects.as_slice() {
        several @ [_, _, ..] if sentence.subject.is_some() => several.iter().map(link).collect(),
        _ => vec![(String::new(), sentence_link(tasks, sentence.subject.as_ref()))],
    };
    Told { text: sentence.text.clone(), sure: sentence.sure.clone(), links }
}

/// Alarms that come sorted by kind, kind by kind.
fn by_kind(alarms: &[Alarm], shown: impl Fn(&Alarm) -> ShownAlarm) -> Vec<AlarmsOfAKind> {
    let of_a_kind = |alarms: &[Alarm]| {
        let (first, others) = alarms.split_first()?;
        Some(AlarmsOfAKind { first: shown(first), others: others.iter().map(&shown).collect() })
    };
    alarms.chunk_by(|a, b| a.kind == b.kind).filter_map(of_a_kind).collect()
}

/// Where on its task's page an alarm's evidence is drawn.
pub(crate) fn evidence(alarm: &Alarm) -> &'static str {
    if alarm.kind == AlarmKind::PerturbedGap { "#twins" } else { "#curve" }
}

pub(crate) fn shown_alarm(alarm: &Alarm, link: String, suspects: String) -> ShownAlarm {
    let number = |evidence: &Evidence| format!("{} {}", evidence.name, significant(evidence.value));
    let rate = alarm.false_alarms.map_or_else(String::new, |rate| format!("; false alarms: {rate}"));
    ShownAlarm {
        text: alarm.sentence.clone(),
        evidence: alarm.evidence.iter().map(number).collect::<Vec<_>>().join(", "),
        rule: format!("{}{rate}", alarm.threshold),
        link,
        suspects,
    }
}

fn headline(run: &Run, tasks: &[FrontTask<'_>], axis: &TokenAxis) -> String {
    let checkpoints: usize = run.tree.branches.iter().map(|b| b.checkpoints.len()).sum();
    let branches = branches(run).len();
    format!(
        "{} on {}, {} – {} {} · {}, {}",
        counted(checkpoints, "checkpoint"),
        if branches == 1 { "1 branch".into() } else { format!("{branches} branches") },
        tokens(axis.from),
        tokens(axis.to),
        run.tree.axis.word(),
        counted(tasks.len(), "task"),
        counted(tasks.iter().map(|task| items(&task.curves)).sum(), "item"),
    )
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn failure(failure: &crate::run::Failure) -> String {
    let task = failure.task.as_deref().unwrap_or("the checkpoint itself");
    if failure.branch == crate::run::Failure::EVERYWHERE {
        return format!("every checkpoint, {task}: {}", failure.reason);
    }
    format!("{} at step {}, {task}: {}", failure.branch, failure.step, failure.reason)
}

/// What units warn of, each once, with the number of units that say it.
fn warnings(run: &Run) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let units = run.units.iter().map(|unit| &unit.record);
    for record in units.chain(run.packs.iter().map(|pack| &pack.record)) {
        for warning in &record.warnings {
            *counts.entry(format!("{}: {warning}", record.task)).or_default() += 1;
        }
        if record.truncated > 0 {
            *counts
                .entry(format!("{}: {} cut to fit the context limit", record.task, counted(record.truncated, "item")))
                .or_default() += 1;
        }
    }
    counts.into_iter().map(|(warning, units)| format!("{warning} ({})", counted(units, "unit"))).collect()
}

#[cfg(test)]
#[path = "front_tests.rs"]
mod tests;
