//! Everything that the report and `status` say about a run: per task and path, the alarms, and the front page's sentences.

mod alarms;
mod anneal;
mod items;
mod leaks;
mod log_alarms;
mod log_notes;
mod parts;
mod path;
mod sentences;
mod series;
mod subject;

pub use anneal::{Basis, BranchGain};
pub use parts::PartFindings;
pub use path::{Difference, PathFindings, PathPoint, PhaseGrowth};
pub use sentences::{Sentence, SentenceKind, about, phase_words};
pub use subject::{AnswerFormat, Subject};

pub(crate) use items::{ItemScores, by_metric};
pub(crate) use subject::{is_fraction, is_mean_of_items};

use super::letters::{EmergenceKind, Sighting, emergence_kind};
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
    /// What happened, in at most seven sentences, the most important first.
    pub sentences: Vec<Sentence>,
    /// What a reader should know of the numbers: checkpoints compared on the items that they share, logs that do not fit.
    pub notes: Vec<String>,
}

/// What one task (or group) shows.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFindings {
    /// The task with its settings.
    pub subject: Subject,
    /// The metric.
    pub metric: String,
    /// Its values lie in [0, 1].
    pub fraction: bool,
    /// Score of guessing.
    pub chance: Option<f64>,
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
}

/// Analyses a run: every task on every path, alarms, sentences.
pub fn findings(run: &Run) -> Findings {
    let series: Vec<Series<'_>> = subject::subjects(run).into_par_iter().map(Series::of).collect();
    let mut tasks: Vec<TaskFindings> = series.par_iter().map(|series| task(run, series)).collect();
    let kinds: Vec<(Option<Subject>, Vec<EmergenceKind>)> = tasks.iter().map(|task| kinds(task, &tasks)).collect();
    let of = |(series, task): (&Series<'_>, &TaskFindings)| parts::parts(run, series, task, &tasks);
    let parts: Vec<Vec<PartFindings>> = series.par_iter().zip(&tasks).map(of).collect();
    for ((task, (cloze, kinds)), parts) in tasks.iter_mut().zip(kinds).zip(parts) {
        (task.cloze, task.kinds, task.parts) = (cloze, kinds, parts);
    }
    let alarms = alarms::alarms(run, &series, &tasks);
    let sentences = sentences::sentences(run, &tasks, &alarms);
    let mut notes = notes(&tasks);
    notes.extend(log_notes::log_notes(&run.tree));
    Findings { tasks, alarms, sentences, notes }
}

fn task(run: &Run, series: &Series<'_>) -> TaskFindings {
    let paths: Vec<PathFindings> =
        run.tree.branches.iter().filter_map(|branch| path::path_findings(run, series, branch)).collect();
    let gains = paths.iter().filter_map(|path| {
        let branch = run.tree.branch(&path.branch)?;
        anneal::branch_gain(run, series, branch, path.wobble)
    });
    TaskFindings {
        subject: series.subject.clone(),
        metric: series.metric.clone(),
        fraction: is_fraction(&series.metric),
        chance: series.chance,
        format: series.format,
        gains: gains.collect(),
        paths,
        kinds: Vec::new(),
        cloze: None,
        parts: Vec::new(),
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

fn notes(tasks: &[TaskFindings]) -> Vec<String> {
    let mut notes = Vec::new();
    for task in tasks {
        let partial =
            |difference: Option<&Difference>| difference.filter(|difference| difference.partial).map(|d| d.items);
        let fewest = task
            .paths
            .iter()
            .filter_map(|path| partial(path.change.as_ref()))
            .chain(task.gains.iter().filter_map(|gain| partial(Some(&gain.gain))))
            .min();
        if let Some(items) = fewest {
            notes.push(format!(
                "{}: its checkpoints were scored on different items; they are compared on those in common ({items} at least)",
                task.subject.title()
            ));
        }
    }
    notes
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
