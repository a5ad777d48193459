//! Everything that the report and `status` say about a run: per task and path, the alarms, and the front page's sentences.

use rayon::prelude::*;

use super::sentences::{Sentence, sentences};
use super::{log_notes, notes};
use crate::alarms::{self, Alarm, Seen};
use crate::analysis::EmergenceKind;
use crate::run::{Axis, Run, Subject};
use crate::series::{MeanGain, PartFindings, Series, TaskFindings, mean_gains, page, parts, subjects, task};

/// What a run shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Each task and group with its settings, by name.
    pub tasks: Vec<TaskFindings>,
    /// Reasons to look, the gravest first.
    pub alarms: Vec<Alarm>,
    /// What happened, in at most nine sentences, the most important first.
    pub sentences: Vec<Sentence>,
    /// What else happened, in as many sentences as it takes.
    pub others: Vec<Sentence>,
    /// What each branch added to the mean of the tasks.
    pub mean_gains: Vec<MeanGain>,
    /// What a reader should know of the numbers: checkpoints compared on the items that they share, logs that do not fit.
    pub notes: Vec<String>,
}

impl Findings {
    /// What the task with these settings shows.
    pub fn task(&self, subject: &Subject) -> Option<&TaskFindings> {
        self.tasks.iter().find(|task| task.subject == *subject)
    }
}

/// Analyses a run: every task on every path, alarms, sentences.
pub fn findings(run: &Run) -> Findings {
    let series: Vec<Series<'_>> = subjects(run).into_par_iter().map(Series::of).collect();
    let subjects: Vec<&Subject> = series.iter().map(|series| &series.subject).collect();
    let told: Vec<bool> = subjects.iter().map(|subject| page::is_told(run, subject, &subjects)).collect();
    let beside = |is_told: bool| told.iter().filter(|told| **told == is_told).count();
    let beside = [beside(false), beside(true)];
    let of = |(series, &is_told): (&Series<'_>, &bool)| task::task(run, series, is_told, beside[usize::from(is_told)]);
    let mut tasks: Vec<TaskFindings> = series.par_iter().zip(&told).map(of).collect();
    for is_told in [false, true] {
        page::judge(&mut tasks.iter_mut().filter(|task| task.is_told == is_told).collect::<Vec<_>>());
    }
    let kinds: Vec<(Option<Subject>, Vec<EmergenceKind>)> = tasks.iter().map(|one| task::kinds(one, &tasks)).collect();
    let of = |(series, task): (&Series<'_>, &TaskFindings)| parts::parts(run, series, task, &tasks);
    let parts: Vec<Vec<PartFindings>> = series.par_iter().zip(&tasks).map(of).collect();
    for (((task, (cloze, kinds)), parts), series) in tasks.iter_mut().zip(kinds).zip(parts).zip(&series) {
        (task.cloze, task.kinds, task.parts) = (cloze, kinds, parts);
        task.notes = notes::of_curve(&run.tree, series);
    }
    let seen = Seen { run, series: &series, tasks: &tasks };
    let alarms = alarms::alarms(&seen);
    let told: Vec<&TaskFindings> = tasks.iter().filter(|task| task.is_told).collect();
    let mean_gains = mean_gains(run, &told);
    let (sentences, others) = sentences(run, &told, &mean_gains, &alarms);
    let mut notes = notes::notes(&tasks);
    notes.extend(alarms::letters_note(&seen));
    notes.extend(log_notes::log_notes(&run.tree));
    notes.extend(notes::misplaced(&run.tree));
    Findings { tasks, alarms, sentences, others, mean_gains, notes }.over(&run.tree.axis)
}

impl Findings {
    /// The same, in the words of a run that counts something else than tokens.
    fn over(mut self, axis: &Axis) -> Self {
        if axis.is_tokens() {
            return self;
        }
        let say = |text: &mut String| *text = axis.say(std::mem::take(text));
        for sentence in self.sentences.iter_mut().chain(&mut self.others) {
            say(&mut sentence.text);
            sentence.sure.iter_mut().for_each(say);
        }
        self.alarms.iter_mut().for_each(|alarm| say(&mut alarm.sentence));
        self.notes.iter_mut().chain(self.tasks.iter_mut().flat_map(|task| &mut task.notes)).for_each(say);
        self
    }
}
