//! Everything that the report and `status` say about a run: per task and path, the alarms, and the front page's sentences.

mod alarms;
mod anneal;
mod calm;
mod constant;
mod gain_words;
mod growth_words;
mod items;
mod leaks;
mod letters;
mod log_alarms;
mod log_notes;
mod notes;
mod page;
mod parts;
mod path;
mod sentences;
mod series;
mod subject;
mod waiting;

pub use anneal::{Basis, BranchGain};
pub use page::{MeanGain, together};
pub use parts::PartFindings;
pub use path::{Difference, PathFindings, PathPoint, PhaseGrowth};
pub use sentences::{Sentence, SentenceKind, about, phase_words};
pub use subject::{AnswerFormat, Subject};

pub(crate) use items::{ItemScores, by_metric};
pub(crate) use subject::{is_fraction, is_mean_of_items};

use super::letters::{EmergenceKind, Sighting, emergence_kind};
use super::onset::{Onset, Status};
use crate::alarms::Alarm;
use crate::run::Run;
use rayon::prelude::*;
use series::Series;

/// What a run shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Each task and group with its settings, by name.
    pub tasks: Vec<TaskFindings>,
    /// Reasons to look, the gravest first.
    pub alarms: Vec<Alarm>,
    /// What happened, in at most nine sentences, the most important first.
    pub sentences: Vec<Sentence>,
    /// What each branch added to the mean of the tasks.
    pub mean_gains: Vec<MeanGain>,
    /// What a reader should know of the numbers: checkpoints compared on the items that they share, logs that do not fit.
    pub notes: Vec<String>,
}

/// What one task (or group) shows.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub struct TaskFindings {
    /// The task with its settings.
    pub subject: Subject,
    /// The metric.
    pub metric: String,
    /// Its values lie in [0, 1].
    pub fraction: bool,
    /// Score of guessing.
    pub chance: Option<f64>,
    /// More is better.
    pub higher_is_better: bool,
    /// How its questions are answered.
    pub format: AnswerFormat,
    /// One path for each branch that has points, in the order of the branches.
    pub paths: Vec<PathFindings>,
    /// Each branch's end against its parent.
    pub gains: Vec<BranchGain>,
    /// Of lettered tasks, beside each path: which part came last.
    pub kinds: Vec<EmergenceKind>,
    /// Of lettered tasks: the task that asks the same facts without letters.
    pub cloze: Option<Subject>,
    /// Its subjects or item groups, ordered by onset; empty where there are none.
    pub parts: Vec<PartFindings>,
    /// What a reader should know of its curve.
    pub notes: Vec<String>,
    /// It speaks for itself on the front page.
    pub is_told: bool,
    /// What may be said of its growth, beside the other tasks.
    pub claim: Option<GrowthClaim>,
    /// It waits for an onset and scores above guessing all the same.
    pub is_above_guessing: bool,
}

/// What may be said of a task's growth in its latest phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrowthClaim {
    /// It grows all the way: as a whole, in its first half and in its second.
    Steady,
    /// It has risen, be it in a part of the way.
    Risen,
}

impl Findings {
    /// What the task with these settings shows.
    pub fn task(&self, subject: &Subject) -> Option<&TaskFindings> {
        self.tasks.iter().find(|task| task.subject == *subject)
    }
}

impl TaskFindings {
    /// The path to the end of a branch.
    pub fn path(&self, branch: &str) -> Option<&PathFindings> {
        self.paths.iter().find(|path| path.branch == branch)
    }

    /// Nothing is above its level on the first path, and no path has an onset.
    pub(crate) fn waits(&self) -> bool {
        let waits = |onset: &Onset| matches!(onset.status, Status::NotYet | Status::Undecided | Status::TooFewItems);
        let mut onsets = self.paths.iter().filter_map(|path| path.onset.as_ref());
        onsets.clone().next().is_some_and(waits) && !onsets.any(Onset::came)
    }
}

/// Analyses a run: every task on every path, alarms, sentences.
pub fn findings(run: &Run) -> Findings {
    let series: Vec<Series<'_>> = subject::subjects(run).into_par_iter().map(Series::of).collect();
    let subjects: Vec<&Subject> = series.iter().map(|series| &series.subject).collect();
    let told: Vec<bool> = subjects.iter().map(|subject| page::is_told(run, subject, &subjects)).collect();
    let beside = |is_told: bool| told.iter().filter(|told| **told == is_told).count();
    let beside = [beside(false), beside(true)];
    let of = |(series, &is_told): (&Series<'_>, &bool)| task(run, series, is_told, beside[usize::from(is_told)]);
    let mut tasks: Vec<TaskFindings> = series.par_iter().zip(&told).map(of).collect();
    for is_told in [false, true] {
        page::judge(&mut tasks.iter_mut().filter(|task| task.is_told == is_told).collect::<Vec<_>>());
    }
    let kinds: Vec<(Option<Subject>, Vec<EmergenceKind>)> = tasks.iter().map(|task| kinds(task, &tasks)).collect();
    let of = |(series, task): (&Series<'_>, &TaskFindings)| parts::parts(run, series, task, &tasks);
    let parts: Vec<Vec<PartFindings>> = series.par_iter().zip(&tasks).map(of).collect();
    for ((task, (cloze, kinds)), parts) in tasks.iter_mut().zip(kinds).zip(parts) {
        (task.cloze, task.kinds, task.parts) = (cloze, kinds, parts);
    }
    let alarms = alarms::alarms(run, &series, &tasks);
    let told: Vec<&TaskFindings> = tasks.iter().filter(|task| task.is_told).collect();
    let mean_gains = page::mean_gains(run, &told);
    let sentences = sentences::sentences(run, &told, &mean_gains, &alarms);
    let mut notes = notes::notes(&tasks);
    notes.extend(letters::note(run, &series, &tasks));
    notes.extend(log_notes::log_notes(&run.tree));
    Findings { tasks, alarms, sentences, mean_gains, notes }
}

/// `beside` is how many tasks are told beside it.
fn task(run: &Run, series: &Series<'_>, is_told: bool, beside: usize) -> TaskFindings {
    let paths: Vec<PathFindings> =
        run.tree.branches.iter().filter_map(|branch| path::path_findings(run, series, branch, beside)).collect();
    let gains = paths.iter().filter_map(|path| {
        let branch = run.tree.branch(&path.branch)?;
        anneal::branch_gain(run, series, branch, &paths)
    });
    TaskFindings {
        subject: series.subject.clone(),
        metric: series.metric.clone(),
        fraction: is_fraction(&series.metric),
        chance: series.chance,
        higher_is_better: series.higher_is_better,
        notes: notes::of_curve(&run.tree, series),
        format: series.format,
        gains: gains.collect(),
        paths,
        kinds: Vec::new(),
        cloze: None,
        parts: Vec::new(),
        is_told,
        claim: None,
        is_above_guessing: false,
    }
}

/// Which part of a lettered task came last, beside each of its paths.
fn kinds(task: &TaskFindings, tasks: &[TaskFindings]) -> (Option<Subject>, Vec<EmergenceKind>) {
    if task.format != AnswerFormat::Letters {
        return (None, Vec::new());
    }
    let others = tasks.iter().filter(|other| other.format != AnswerFormat::Letters).map(|other| &other.subject);
    let cloze = subject::cloze_twin(&task.subject, others).and_then(|twin| tasks.iter().find(|t| t.subject == *twin));
    let kind = |path: &PathFindings| {
        let lettered = path.onset.as_ref()?;
        let (mass, cloze) = (path.mass_onset.as_ref()?, cloze?.path(&path.branch)?.onset.as_ref()?);
        Some(emergence_kind(Sighting::from(mass), Sighting::from(cloze), Sighting::from(lettered)))
    };
    let unknown = |path: &PathFindings| match &path.onset {
        Some(onset) if onset.by().is_some() => EmergenceKind::Unresolved,
        _ => EmergenceKind::None,
    };
    let kinds = task.paths.iter().map(|path| kind(path).unwrap_or_else(|| unknown(path))).collect();
    (cloze.map(|twin| twin.subject.clone()), kinds)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
