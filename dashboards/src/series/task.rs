//! Everything that can be said about one task on all its paths.

use super::anneal::{BranchGain, branch_gain};
use super::answer_format::{AnswerFormat, cloze_twin};
use super::measured::is_fraction;
use super::parts::PartFindings;
use super::path::{PathFindings, path_findings};
use super::values::Series;
use crate::analysis::emergence_kind::{EmergenceKind, Sighting, emergence_kind};
use crate::analysis::onset::{Onset, Status};
use crate::run::{Run, Subject};

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

/// `beside` is how many tasks are told beside it.
pub(crate) fn task(run: &Run, series: &Series<'_>, is_told: bool, beside: usize) -> TaskFindings {
    let paths: Vec<PathFindings> =
        run.tree.branches.iter().filter_map(|branch| path_findings(run, series, branch, beside)).collect();
    let gains = paths.iter().filter_map(|path| {
        let branch = run.tree.branch(&path.branch)?;
        branch_gain(run, series, branch, &paths)
    });
    TaskFindings {
        subject: series.subject.clone(),
        metric: series.metric.clone(),
        fraction: is_fraction(&series.metric),
        chance: series.chance,
        higher_is_better: series.higher_is_better,
        notes: Vec::new(),
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
pub(crate) fn kinds(task: &TaskFindings, tasks: &[TaskFindings]) -> (Option<Subject>, Vec<EmergenceKind>) {
    if task.format != AnswerFormat::Letters {
        return (None, Vec::new());
    }
    let others = tasks.iter().filter(|other| other.format != AnswerFormat::Letters).map(|other| &other.subject);
    let cloze = cloze_twin(&task.subject, others).and_then(|twin| tasks.iter().find(|t| t.subject == *twin));
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
