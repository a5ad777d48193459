//! `findings.json`: everything that the pages say, for scripts and other programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::curves::TaskCurves;
use super::figure::change;
use super::findings_compared::PairSaid;
use super::front::{FrontTask, Page, alarm_link, sentence_link};
use super::rows::Verdicts;
use super::vibes::Overview;
use crate::alarms::{Alarm, AlarmKind, Evidence};
use crate::analysis::Status;
use crate::findings::{BranchPair, Findings, Number, Sentence, SentenceKind, about};
use crate::run::{Run, Subject, UnderWay};
use crate::series::{PathFindings, TaskFindings};

/// Everything that a report says. Shares (accuracy and the like) are fractions in [0, 1], other metrics are in their own unit; intervals are of 95 % unless their name says otherwise.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Spyglass findings")]
pub(super) struct FindingsFile<'a> {
    /// The layout of this file; raised when a key changes its meaning.
    layout: u32,
    /// Name of the run.
    run: &'a str,
    /// When the report was made, RFC 3339, UTC.
    generated: &'a str,
    /// Version of Spyglass.
    version: &'a str,
    /// What `tokens` of this file count: tokens, or what the run file names.
    counts: &'a str,
    /// What happened, the most important first.
    sentences: Vec<Said<'a>>,
    /// Reasons to look, the gravest first.
    alarms: Vec<Raised<'a>>,
    /// What a reader should know of the numbers.
    notes: &'a [String],
    /// Each task and group with its settings.
    tasks: Vec<TaskSaid<'a>>,
    /// Each branch beside the one that it left, its siblings, and its like in another run, at the latest tokens that both have.
    compared: Vec<PairSaid<'a>>,
    /// What became of each prompt pack.
    packs: Vec<PackSaid<'a>>,
    /// The sweep that has not ended; none where all that was asked for was tried.
    under_way: Option<HowFar>,
    /// Units that could not be scored.
    failures: &'a [String],
}

/// How far a sweep has come that has not ended.
#[derive(Serialize, JsonSchema)]
struct HowFar {
    /// Units of its plan; of a search for onsets the most that it may need.
    units: usize,
    /// Those that lie there.
    done: usize,
    /// Somebody works on it; otherwise it was stopped.
    runs: bool,
    /// Wall time that the rest will take, where that can be told.
    seconds_left: Option<f64>,
}

impl HowFar {
    fn of(under_way: &UnderWay) -> Self {
        let UnderWay { units, done, runs, seconds_left, .. } = *under_way;
        Self { units, done, runs, seconds_left }
    }
}

/// One sentence of the front page.
#[derive(Serialize, JsonSchema)]
struct Said<'a> {
    kind: SentenceKind,
    /// It stands behind "and N more".
    folded: bool,
    text: &'a str,
    /// The tasks that it speaks of, as the report names them; empty where it speaks of the run.
    tasks: Vec<String>,
    branch: Option<&'a str>,
    numbers: &'a [Number],
    /// How sure it is, in plain words.
    how_sure: &'a [String],
    /// Where in the report its evidence is.
    evidence: String,
}

/// One alarm.
#[derive(Serialize, JsonSchema)]
struct Raised<'a> {
    kind: AlarmKind,
    text: &'a str,
    /// The task, unless the alarm is about the run itself.
    task: Option<&'a str>,
    branch: &'a str,
    step: Option<u64>,
    /// Tokens seen.
    tokens: Option<u64>,
    numbers: &'a [Evidence],
    /// The rule that raised it.
    rule: &'a str,
    /// How often the rule speaks without cause.
    false_alarms: Option<&'a str>,
    /// Where in the report its evidence is.
    evidence: String,
}

/// One task with its settings.
#[derive(Serialize, JsonSchema)]
struct TaskSaid<'a> {
    /// As the report names it.
    name: String,
    task: &'a str,
    shots: usize,
    perturb: Option<&'a str>,
    is_group: bool,
    metric: &'a str,
    higher_is_better: bool,
    /// Score of guessing, where it is known.
    chance: Option<f64>,
    /// Its page in the report.
    page: String,
    /// The sentences of its page.
    told: Vec<String>,
    /// What a reader should know of its curve.
    notes: &'a [String],
    branches: Vec<Line<'a>>,
}

/// A line of the table: a task on a branch.
#[derive(Serialize, JsonSchema)]
struct Line<'a> {
    branch: &'a str,
    /// Tokens of the newest checkpoint.
    tokens: u64,
    step: u64,
    items: usize,
    score: f64,
    low: Option<f64>,
    high: Option<f64>,
    /// Since the checkpoint before.
    change: Option<f64>,
    onset: Option<OnsetSaid>,
    /// Words of the table: `onset`, `phase`, `rise`, `since_then`, `now`, and `level`, what the onset rests on.
    words: Option<Words>,
}

/// When it came, in tokens.
#[derive(Serialize, JsonSchema)]
struct OnsetSaid {
    status: Status,
    after: Option<u64>,
    by: Option<u64>,
    estimate: Option<f64>,
    /// The score that counts as emerged.
    level: Option<f64>,
    /// It came before the fork: the parent's line tells when.
    is_before_fork: bool,
}

#[derive(Serialize, JsonSchema)]
struct Words {
    onset: String,
    phase: String,
    rise: &'static str,
    since_then: String,
    now: &'static str,
    level: String,
}

/// One prompt pack.
#[derive(Serialize, JsonSchema)]
pub(super) struct PackSaid<'a> {
    pub(super) pack: &'a str,
    pub(super) text: &'a str,
    /// What each branch did to it, beside the branch that it left.
    pub(super) branches: &'a [String],
    /// Where in the report its conversations are.
    pub(super) evidence: &'a str,
}

/// The JSON Schema of `findings.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(FindingsFile<'_>).to_value()
}

impl<'a> FindingsFile<'a> {
    /// `shown` are the tasks of the front page, `others` those that have a page only.
    pub(super) fn of(
        run: &'a Run,
        findings: &'a Findings,
        shown: &'a [FrontTask<'_>],
        others: &'a [FrontTask<'_>],
        page: &'a Page,
    ) -> Self {
        let said = |folded: bool| {
            move |sentence: &'a Sentence| Said {
                kind: sentence.kind,
                folded,
                text: &sentence.text,
                tasks: sentence.subjects.iter().map(Subject::title).collect(),
                branch: sentence.branch.as_deref(),
                numbers: &sentence.numbers,
                how_sure: &sentence.sure,
                evidence: sentence_link(shown, sentence.subject.as_ref()),
            }
        };
        let raised = |alarm: &'a Alarm| Raised {
            kind: alarm.kind,
            text: &alarm.sentence,
            task: alarm.place.task.as_deref(),
            branch: &alarm.place.branch,
            step: alarm.place.step,
            tokens: alarm.place.tokens,
            numbers: &alarm.evidence,
            rule: alarm.threshold,
            false_alarms: alarm.false_alarms,
            evidence: alarm_link(shown, alarm),
        };
        let sentences = findings.sentences.iter().map(said(false)).chain(findings.others.iter().map(said(true)));
        Self {
            layout: 1,
            run: &run.name,
            generated: &run.generated,
            version: &run.version,
            counts: run.tree.axis.word(),
            sentences: sentences.collect(),
            alarms: findings.alarms.iter().map(raised).collect(),
            notes: &findings.notes,
            tasks: shown.iter().chain(others).map(|task| TaskSaid::of(run, task, findings)).collect(),
            compared: Vec::new(),
            packs: page.vibes.iter().flat_map(Overview::told).collect(),
            under_way: run.under_way.as_ref().map(HowFar::of),
            failures: &page.failed,
        }
    }
}

impl<'a> FindingsFile<'a> {
    /// The file with branches beside each other.
    pub(super) fn beside(self, pairs: &'a [BranchPair<'_>]) -> Self {
        Self { compared: pairs.iter().map(PairSaid::of).collect(), ..self }
    }
}

impl<'a> TaskSaid<'a> {
    fn of(run: &Run, task: &'a FrontTask<'_>, findings: &Findings) -> Self {
        let TaskCurves { subject, metric, chance, .. } = &task.curves;
        let told = task.found.map(|found| about(run, found, &findings.alarms)).unwrap_or_default();
        Self {
            name: subject.title(),
            task: &subject.task,
            shots: subject.shots,
            perturb: subject.perturb.as_deref(),
            is_group: subject.is_group,
            metric,
            higher_is_better: task.found.is_none_or(|found| found.higher_is_better),
            chance: *chance,
            page: format!("tasks/{}.html", task.slug),
            told,
            notes: task.found.map(|found| found.notes.as_slice()).unwrap_or_default(),
            branches: lines(&task.curves, task.found),
        }
    }
}

fn lines<'a>(task: &'a TaskCurves<'_>, found: Option<&TaskFindings>) -> Vec<Line<'a>> {
    let higher_is_better = found.is_none_or(|found| found.higher_is_better);
    let ends = task.series.iter().zip(&task.measured).filter_map(|(s, m)| Some((s, m, m.last()?)));
    ends.map(|(series, measured, last)| {
        let path = found.and_then(|found| found.path(&series.name));
        let interval = last.point.interval;
        Line {
            branch: &series.name,
            tokens: last.checkpoint.tokens,
            step: last.checkpoint.step,
            items: last.items,
            score: last.point.value,
            low: interval.map(|interval| interval.0),
            high: interval.map(|interval| interval.1),
            change: change(measured),
            onset: path.and_then(OnsetSaid::of),
            words: path.map(|path| Words::of(Verdicts::of(path, higher_is_better))),
        }
    })
    .collect()
}

impl OnsetSaid {
    fn of(path: &PathFindings) -> Option<Self> {
        let onset = path.onset.as_ref()?;
        Some(Self {
            status: onset.status,
            after: onset.after(),
            by: onset.by(),
            estimate: onset.fit.as_ref().and_then(|fit| fit.estimate),
            level: onset.scale.map(|scale| scale.level),
            is_before_fork: path.onset_is_shared,
        })
    }
}

impl Words {
    fn of(verdicts: Verdicts) -> Self {
        let Verdicts { onset, phase, rise, trend, stays, level, .. } = verdicts;
        Self { onset, phase, rise, since_then: stays, now: trend, level }
    }
}

#[cfg(test)]
#[path = "findings_file_tests.rs"]
mod tests;
