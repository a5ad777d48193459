//! What happened, in three to nine sentences, each with its number, its interval and its evidence.

use schemars::JsonSchema;
use serde::Serialize;

use super::gain_words::{self, gain_in_full};
use super::growth_words::growth;
use super::how_sure;
use super::onset_sentences::onsets;
use super::so_far::marked;
use super::waiting::{at_first, waiting};
use crate::alarms::{Alarm, AlarmKind};
use crate::analysis::PhaseProbabilities;
use crate::analysis::emergence_kind::MetricEffect;
use crate::number::{significant, tokens};
use crate::run::{Phase, Run, Subject};
use crate::series::{BranchGain, MeanGain, PathFindings, TaskFindings};

/// At most so many sentences stand on the front page without a click.
const MOST: usize = 9;

/// What a sentence is about, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentenceKind {
    /// An ability came.
    Onset,
    /// An ability came and went.
    Hops,
    /// A branch added something to its parent.
    Gain,
    /// Tasks that have not emerged yet.
    Waiting,
    /// Growth that no onset tells.
    Growth,
    /// Tasks that were above chance from the start.
    AtFirst,
}

/// One sentence of the front page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sentence {
    /// What it is about.
    pub kind: SentenceKind,
    /// The sentence.
    pub text: String,
    /// Where its evidence is: the page of its task, or of the first of those that moved together; `None` for all curves.
    pub subject: Option<Subject>,
    /// All tasks that it speaks of; empty where it speaks of the run.
    pub subjects: Vec<Subject>,
    /// The branch it speaks of.
    pub branch: Option<String>,
    /// Its numbers.
    pub numbers: Vec<Number>,
    /// How sure it is, in plain words: what it rests on, its interval, its items.
    pub sure: Vec<String>,
}

/// One number of a sentence, with its interval where it has one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Number {
    /// What it is.
    pub name: &'static str,
    /// The task that it is of; none where it is of several together.
    pub task: Option<String>,
    /// The number: of scores a fraction in [0, 1], of onsets and falls tokens, or what the run counts.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
}

impl Number {
    /// A number of a task without an interval.
    pub(crate) fn of(name: &'static str, task: &TaskFindings, value: Option<f64>) -> Self {
        Self { name, task: Some(task.subject.title()), value, low: None, high: None }
    }
}

impl Sentence {
    /// A sentence about these tasks, without numbers.
    pub(crate) fn of(kind: SentenceKind, text: String, tasks: &[&TaskFindings], branch: Option<&str>) -> Self {
        let subjects: Vec<Subject> = tasks.iter().map(|task| task.subject.clone()).collect();
        let subject = subjects.first().filter(|_| tasks.len() == 1 || branch.is_some()).cloned();
        Self { kind, text, subject, subjects, branch: branch.map(str::to_owned), numbers: Vec::new(), sure: Vec::new() }
    }
}

/// Sentences with the weight that sorts them inside their kind, largest first.
pub(crate) type Weighed = (f64, Sentence);

/// The sentences of a run, the most important first, and those for which the front page has no room. What rose where a leak is
/// suspected says so.
pub(crate) fn sentences(
    run: &Run,
    told: &[&TaskFindings],
    means: &[MeanGain],
    alarms: &[Alarm],
) -> (Vec<Sentence>, Vec<Sentence>) {
    let (gained, lost) = gain_words::gains(told);
    let mut parts = vec![
        (3, onsets(run, told)),
        (1, comings_and_goings(run, told)),
        (1, gained),
        (1, lost),
        (1, gain_words::mean_gains(told, means)),
        (1, waiting(told)),
        (2, growth(told)),
        (1, at_first(told)),
    ];
    for (_, part) in &mut parts {
        part.sort_by(|a, b| b.0.total_cmp(&a.0));
    }
    // Each kind gets its share first; what room is left goes to those that have more to say.
    let mut room = MOST;
    let mut shares = Vec::new();
    for (share, part) in &parts {
        shares.push(part.len().min(*share).min(room));
        room -= shares[shares.len() - 1];
    }
    let (mut sentences, mut others) = (Vec::new(), Vec::new());
    for ((_, part), share) in parts.into_iter().zip(shares) {
        let more = (part.len() - share).min(room);
        room -= more;
        let mut part = part.into_iter().map(|(_, sentence)| marked(run, doubted(sentence, alarms)));
        sentences.extend(part.by_ref().take(share + more));
        others.extend(part);
    }
    (sentences, others)
}

/// The sentence; of an onset or a gain where a leak is suspected with a word of that.
fn doubted(mut sentence: Sentence, alarms: &[Alarm]) -> Sentence {
    if matches!(sentence.kind, SentenceKind::Onset | SentenceKind::Gain) {
        let is_doubtful = |subject: &&Subject| is_suspected(subject, sentence.branch.as_deref(), alarms);
        let doubtful: Vec<&Subject> = sentence.subjects.iter().filter(is_doubtful).collect();
        if !doubtful.is_empty() {
            let all = doubtful.len() == sentence.subjects.len();
            let of = if all { String::new() } else { format!(" of {}", listed_names(&doubtful)) };
            sentence.text.push_str(&format!(" A leak{of} is suspected there."));
        }
    }
    sentence
}

fn listed_names(subjects: &[&Subject]) -> String {
    subjects.iter().map(|subject| subject.title()).collect::<Vec<_>>().join(", ")
}

/// Whether an alarm asks to look for the items of this task in the training data of this branch.
fn is_suspected(subject: &Subject, branch: Option<&str>, alarms: &[Alarm]) -> bool {
    let title = subject.title();
    let of_leaks = |alarm: &&Alarm| matches!(alarm.kind, AlarmKind::PerturbedGap | AlarmKind::LoneJump);
    let is_it = |alarm: &Alarm| alarm.place.task.as_ref() == Some(&title) && branch == Some(&alarm.place.branch);
    alarms.iter().filter(of_leaks).any(is_it)
}

/// All that can be said of one task, for its page: onsets, comings and goings, what branches added, growth, and whether a jump is
/// the metric's. What rose where one of `alarms` suspects a leak says so.
pub fn about(run: &Run, task: &TaskFindings, alarms: &[Alarm]) -> Vec<String> {
    let only = [task];
    let before = [onsets(run, &only), comings_and_goings(run, &only)];
    let after = [waiting(&only), growth(&only), at_first(&only)];
    let text = |sentence: Sentence| marked(run, doubted(sentence, alarms)).text;
    let gain = |gain: &BranchGain| {
        text(Sentence::of(SentenceKind::Gain, gain_in_full(task, gain), &[task], Some(&gain.branch)))
    };
    let mut told: Vec<String> = before.into_iter().flatten().map(|(_, sentence)| text(sentence)).collect();
    told.extend(task.paths.iter().filter_map(|path| effect_words(run, task, path)));
    told.extend(task.gains.iter().map(gain));
    told.extend(after.into_iter().flatten().map(|(_, sentence)| text(sentence)));
    told.into_iter().map(|text| run.tree.axis.say(text)).collect()
}

/// Whether the rise is one of the ability or of the metric; `None` where there is no rise of the path's own.
fn effect_words(run: &Run, task: &TaskFindings, path: &PathFindings) -> Option<String> {
    path.own_onset().filter(|onset| onset.came())?;
    let place = on_branch(run, task, path);
    let width = |shape: &crate::analysis::Sharpness| {
        let decades = shape.width.as_ref()?.width?;
        Some(format!(" (most of its rise, 20 to 80 %, took {} times the tokens)", significant(10_f64.powf(decades))))
    };
    let smooth = path.continuous.as_ref().and_then(width).unwrap_or_default();
    let text = match path.metric_effect? {
        MetricEffect::GenuineJump => format!(
            "The jump{place} is real, and no effect of right-or-wrong scoring: P(gold) of the same items jumps as sharply as {}.",
            task.metric
        ),
        MetricEffect::ThresholdEffect => format!(
            "The jump{place} is an artefact of the metric: P(gold) of the same items grows smoothly{smooth} while {} jumps.",
            task.metric
        ),
        MetricEffect::Smooth => format!("There is no jump{place} to explain: {} itself rises smoothly.", task.metric),
        MetricEffect::Unresolved => format!(
            "These checkpoints are too far apart to tell whether the rise{place} is as sharp in P(gold) as in {}{smooth}.",
            task.metric
        ),
        MetricEffect::None => return None,
    };
    Some(text)
}

/// A sentence about one task on one branch.
pub(crate) fn sentence(
    kind: SentenceKind,
    text: String,
    task: &TaskFindings,
    branch: &str,
    numbers: Vec<Number>,
) -> Sentence {
    Sentence { numbers, ..Sentence::of(kind, text, &[task], Some(branch)) }
}

/// ` on anneal`: where a task has several paths, unless it is the run's only trunk.
pub(super) fn on_branch(run: &Run, task: &TaskFindings, path: &PathFindings) -> String {
    let mut roots = run.tree.branches.iter().filter(|branch| branch.fork.is_none());
    let trunk = roots.next().filter(|_| roots.next().is_none());
    if task.paths.len() < 2 || trunk.is_some_and(|trunk| trunk.name == path.branch) {
        return String::new();
    }
    format!(" on {}", path.branch)
}

/// `in the anneal`, `probably in the stable phase (87 %)`, or all that it may lie in: `before the first checkpoint (60 %) or in the
/// warm-up (40 %)`. What may lie before the first checkpoint is no phase's.
pub fn phase_words(found: &PhaseProbabilities) -> String {
    let phases = found.phases.iter().map(|(phase, p)| (format!("in {}", name(*phase)), *p));
    let mut places: Vec<(String, f64)> =
        phases.chain([("before the first checkpoint".to_owned(), found.before_first)]).collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1));
    let share = |(place, p): &(String, f64)| format!("{place} ({:.0} %)", p * 100.0);
    match places.first() {
        Some((place, p)) if *p >= 0.95 => return place.clone(),
        Some(likeliest) if likeliest.1 >= 0.8 => return format!("probably {}", share(likeliest)),
        _ => {}
    }
    let words: Vec<String> = places.iter().filter(|(_, p)| *p >= 0.05).map(share).collect();
    if words.is_empty() { "in a phase that cannot be told".to_owned() } else { words.join(" or ") }
}

pub(crate) fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Warmup => "the warm-up",
        Phase::Stable => "the stable phase",
        Phase::Decay => "the decay",
        Phase::Rewarm => "the re-warming",
        Phase::Anneal => "the anneal",
    }
}

/// `, with the learning rate still above 99 % of its peak`: where an onset surely lies in a decay that has hardly begun at its end.
pub(super) fn rate_words(run: &Run, path: &PathFindings, phases: &PhaseProbabilities) -> String {
    let told = || {
        phases.phases.iter().find(|(phase, p)| **phase == Phase::Decay && **p >= 0.95)?;
        let by = path.own_onset()?.by()?;
        let log = run.tree.log_path(&path.branch);
        let peak = log.iter().filter_map(|entry| entry.learning_rate).fold(0.0, f64::max);
        let rate = log.iter().rfind(|entry| entry.tokens.is_some_and(|tokens| tokens <= by))?.learning_rate?;
        let share = (100.0 * rate / peak).floor();
        (share >= 90.0).then(|| format!(", with the learning rate still above {share} % of its peak"))
    };
    told().unwrap_or_default()
}

fn comings_and_goings(run: &Run, tasks: &[&TaskFindings]) -> Vec<Weighed> {
    let falls = tasks.iter().flat_map(|task| task.paths.iter().map(move |path| (task, path)));
    let told = falls.filter_map(|(task, path)| {
        // A fall in the shared trunk is the trunk's.
        let own = if path.own_from == 0 { 0 } else { path.points[path.own_from].tokens };
        let falls: Vec<_> = path.hops.as_ref()?.falls.iter().filter(|fall| fall.0 >= own).collect();
        let (first, back) = falls.first()?;
        let times = if falls.len() == 1 { "once".to_owned() } else { format!("{} times", falls.len()) };
        let back =
            back.map_or_else(|| "and has not come back".to_owned(), |t| format!("and back at {}", tokens(t as f64)));
        let (title, place) = (task.subject.title(), on_branch(run, task, path));
        // Where nobody saw it emerge, it was above its level all the same.
        let came = path.onset.as_ref().is_some_and(crate::analysis::Onset::came);
        let after = if came { "after it emerged" } else { "after it was above it" };
        let text = format!(
            "{title}{place} comes and goes: it fell back under its level {times} {after}, first at {} tokens {back}.",
            tokens(*first as f64)
        );
        let numbers = vec![
            Number::of("falls", task, Some(falls.len() as f64)),
            Number::of("first fall", task, Some(*first as f64)),
        ];
        let sure = path.onset.as_ref().map_or_else(Vec::new, |onset| how_sure::onset(task, path, onset));
        let told = sentence(SentenceKind::Hops, text, task, &path.branch, numbers);
        Some((falls.len() as f64, Sentence { sure, ..told }))
    });
    told.collect()
}
