//! What happened, in three to nine sentences, each with its number, its interval and its evidence.

use std::fmt::Write;

use serde::Serialize;

use super::gain_words::{self, gain_in_full};
use super::growth_words::growth;
use super::waiting::{at_first, on_each, waiting};
use crate::alarms::{Alarm, AlarmKind};
use crate::analysis::PhaseProbabilities;
use crate::analysis::letters::{EmergenceKind, MetricEffect};
use crate::analysis::onset::Status;
use crate::analysis::sharpness::Shape;
use crate::analysis::trend::Trend;
use crate::number::{percent, significant, tokens};
use crate::run::Subject;
use crate::run::{Phase, Run};
use crate::series::BranchGain;
use crate::series::MeanGain;
use crate::series::PathFindings;
use crate::series::TaskFindings;

/// At most so many sentences.
const MOST: usize = 9;

/// What a sentence is about, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    /// Where its evidence is: the task's page; `None` for all curves.
    pub subject: Option<Subject>,
    /// The branch it speaks of.
    pub branch: Option<String>,
}

/// Sentences with the weight that sorts them inside their kind, largest first.
pub(crate) type Weighed = (f64, Sentence);

/// The sentences of a run, the most important first. What rose where a leak is suspected says so.
pub(crate) fn sentences(run: &Run, told: &[&TaskFindings], means: &[MeanGain], alarms: &[Alarm]) -> Vec<Sentence> {
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
    let mut room = MOST.saturating_sub(parts.iter().map(|(share, part)| part.len().min(*share)).sum());
    let mut sentences = Vec::new();
    for (share, part) in parts {
        let more = part.len().saturating_sub(share).min(room);
        room -= more;
        sentences.extend(part.into_iter().take(share + more).map(|(_, sentence)| sentence));
    }
    sentences.truncate(MOST);
    sentences.into_iter().map(|sentence| doubted(sentence, alarms)).collect()
}

/// The sentence; of an onset or a gain where a leak is suspected with a word of that.
fn doubted(mut sentence: Sentence, alarms: &[Alarm]) -> Sentence {
    if matches!(sentence.kind, SentenceKind::Onset | SentenceKind::Gain) && is_suspected(&sentence, alarms) {
        sentence.text.push_str(" A leak is suspected there.");
    }
    sentence
}

/// Whether an alarm asks to look for the items of this task in the training data of this branch.
fn is_suspected(sentence: &Sentence, alarms: &[Alarm]) -> bool {
    let title = sentence.subject.as_ref().map(Subject::title);
    let of_leaks = |alarm: &&Alarm| matches!(alarm.kind, AlarmKind::PerturbedGap | AlarmKind::LoneJump);
    alarms.iter().filter(of_leaks).any(|alarm| {
        title.is_some() && alarm.place.task == title && sentence.branch.as_ref() == Some(&alarm.place.branch)
    })
}

/// All that can be said of one task, for its page: onsets, comings and goings, what branches added, growth, and whether a jump is
/// the metric's. What rose where one of `alarms` suspects a leak says so.
pub fn about(run: &Run, task: &TaskFindings, alarms: &[Alarm]) -> Vec<String> {
    let only = [task];
    let before = [onsets(run, &only), comings_and_goings(run, &only)];
    let after = [waiting(&only), growth(&only), at_first(&only)];
    let text = |sentence: Sentence| doubted(sentence, alarms).text;
    let gain = |gain: &BranchGain| text(sentence(SentenceKind::Gain, gain_in_full(task, gain), task, &gain.branch));
    let mut told: Vec<String> = before.into_iter().flatten().map(|(_, sentence)| text(sentence)).collect();
    told.extend(task.paths.iter().filter_map(|path| effect_words(run, task, path)));
    told.extend(task.gains.iter().map(gain));
    told.extend(after.into_iter().flatten().map(|(_, sentence)| text(sentence)));
    told
}

/// Whether the rise is one of the ability or of the metric; `None` where there is no rise of the path's own.
fn effect_words(run: &Run, task: &TaskFindings, path: &PathFindings) -> Option<String> {
    path.own_onset().filter(|onset| onset.came())?;
    let place = on_branch(run, task, path);
    let width = |shape: &crate::analysis::Sharpness| {
        let decades = shape.width.as_ref()?.width?;
        Some(format!(" (20 to 80 % of its rise took a factor of {} in tokens)", significant(10_f64.powf(decades))))
    };
    let smooth = path.continuous.as_ref().and_then(width).unwrap_or_default();
    let text = match path.metric_effect? {
        MetricEffect::GenuineJump => format!(
            "The jump{place} is not an artefact of the metric: P(gold) of the same items jumps as sharply as {}.",
            task.metric
        ),
        MetricEffect::ThresholdEffect => format!(
            "The jump{place} is an artefact of the metric: P(gold) of the same items grows smoothly{smooth} while {} jumps.",
            task.metric
        ),
        MetricEffect::Smooth => format!("There is no jump{place} to explain: {} itself rises smoothly.", task.metric),
        MetricEffect::Unresolved => format!(
            "Whether the rise{place} is as sharp in P(gold) as in {} cannot be told from these checkpoints{smooth}.",
            task.metric
        ),
        MetricEffect::None => return None,
    };
    Some(text)
}

pub(crate) fn sentence(kind: SentenceKind, text: String, task: &TaskFindings, branch: &str) -> Sentence {
    Sentence { kind, text, subject: Some(task.subject.clone()), branch: Some(branch.to_owned()) }
}

/// ` on anneal`: where a task has several paths, unless it is the run's only trunk.
fn on_branch(run: &Run, task: &TaskFindings, path: &PathFindings) -> String {
    let mut roots = run.tree.branches.iter().filter(|branch| branch.fork.is_none());
    let trunk = roots.next().filter(|_| roots.next().is_none());
    if task.paths.len() < 2 || trunk.is_some_and(|trunk| trunk.name == path.branch) {
        return String::new();
    }
    format!(" on {}", path.branch)
}

/// Onsets, each event once; later and larger rises are rarer news.
fn onsets(run: &Run, tasks: &[&TaskFindings]) -> Vec<Weighed> {
    let mut found = Vec::new();
    for task in tasks {
        for (index, path) in task.paths.iter().enumerate() {
            let Some(onset) = path.own_onset().filter(|onset| onset.came()) else { continue };
            let place = on_branch(run, task, path);
            let mut text = format!("{}{place} {}", task.subject.title(), onset.words(&path.curve));
            // Where nobody saw it come, its first phase cannot be told.
            if let Some(phases) = path.phases.as_ref().filter(|_| onset.after().is_some()) {
                let _ = write!(text, ", {}", phase_words(phases));
                text.push_str(&rate_words(run, path, phases));
            }
            text.push_str(&shape_words(path));
            text.push_str(task.kinds.get(index).map_or("", |kind| kind_words(*kind)));
            text.push_str(&elsewhere(task));
            text.push('.');
            let late = onset.by().map_or(0.0, |by| (by as f64 + 1.0).ln());
            let rise = path.sharpness.rise.as_ref().map_or(0.0, |rise| rise.rise);
            found.push((late + rise, sentence(SentenceKind::Onset, text, task, &path.branch)));
        }
    }
    found
}

/// `; not yet on trunk (14.1 M tokens), other (10.1 M)`: paths of the same task that still wait, each with its own end.
fn elsewhere(task: &TaskFindings) -> String {
    let waits = |path: &&PathFindings| path.onset.as_ref().is_some_and(|onset| onset.status == Status::NotYet);
    let ends: Vec<(&str, u64)> =
        task.paths.iter().filter(waits).map(|path| (path.branch.as_str(), path.last_tokens())).collect();
    if ends.is_empty() { String::new() } else { format!("; not yet on {}", on_each(&ends)) }
}

fn shape_words(path: &PathFindings) -> String {
    let so_far = if path.trend == Trend::NoGain { "" } else { " so far" };
    let Some(rise) = path.sharpness.rise.as_ref().filter(|_| path.sharpness.verdict != Shape::None) else {
        return String::new();
    };
    let height = format!("{} points{so_far}", percent(rise.rise));
    let shape = match path.sharpness.verdict {
        Shape::Sharp => "a sharp rise of",
        Shape::Smooth => "a smooth rise of",
        Shape::Unresolved | Shape::None => "a rise of",
    };
    let metric = match path.metric_effect {
        Some(MetricEffect::GenuineJump) => ", and P(gold) jumps with it",
        Some(MetricEffect::ThresholdEffect) => ", but P(gold) grows smoothly: the jump is the metric's",
        _ => "",
    };
    format!("; {shape} {height}{metric}")
}

fn kind_words(kind: EmergenceKind) -> &'static str {
    match kind {
        EmergenceKind::Selection => {
            "; letters were written and the facts known before, binding one to the other came last"
        }
        EmergenceKind::Format => "; the facts were known before, answering in letters came last",
        EmergenceKind::Knowledge => "; letters were written before, the facts came last",
        EmergenceKind::Unresolved | EmergenceKind::None => "",
    }
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
fn rate_words(run: &Run, path: &PathFindings, phases: &PhaseProbabilities) -> String {
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
        Some((falls.len() as f64, sentence(SentenceKind::Hops, text, task, &path.branch)))
    });
    told.collect()
}
