//! A sweep that has not ended: what of its plan lies there, and what is still to come.

use serde::{Deserialize, Serialize};

use super::branch::At;
use super::results::Run;
use super::subject::Subject;
use crate::number::duration;

/// How far a sweep has come that has not ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Units of its plan; of a search for onsets the most that it may need.
    pub units: usize,
    /// Those that lie there.
    pub done: usize,
    /// What is still to be scored, checkpoint by checkpoint; what failed is not among it.
    pub left: Vec<CheckpointLeft>,
    /// It searches for onsets: what narrows none is left out.
    pub is_search: bool,
    /// Somebody works on it; otherwise it was stopped.
    pub runs: bool,
    /// Wall time that the rest will take, where something was scored to tell it by.
    pub seconds_left: Option<f64>,
}

/// What is still to be scored of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointLeft {
    /// Its branch.
    pub branch: String,
    /// Its step.
    pub step: u64,
    /// Its variant, where a step has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Leaf tasks and packs.
    pub tasks: Vec<String>,
}

impl CheckpointLeft {
    /// The checkpoint.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }
}

impl UnderWay {
    /// `22 of 24 units, about 3 h 0 min left`, or `22 of 24 units: the sweep was stopped`.
    pub fn words(&self) -> String {
        let most = if self.is_search { "at most " } else { "" };
        let units = format!("{} of {most}{} units", self.done, self.units);
        match (self.runs, self.seconds_left) {
            (false, _) => format!("{units}: the sweep was stopped"),
            (true, None) => format!("{units}, a sweep is under way"),
            (true, Some(seconds)) => format!("{units}, about {} left", duration(seconds)),
        }
    }

    /// Both sweeps as one: of runs side by side.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.left.extend(other.left);
        let seconds = [self.seconds_left, other.seconds_left].into_iter().flatten();
        Self {
            units: self.units + other.units,
            done: self.done + other.done,
            left: self.left,
            is_search: self.is_search || other.is_search,
            runs: self.runs || other.runs,
            seconds_left: seconds.reduce(f64::max),
        }
    }
}

impl Run {
    /// How many checkpoints a curve still waits for: those of the path to the end of `branch`, or of all branches. A group waits for
    /// each of its tasks.
    pub fn lacks(&self, subject: &Subject, branch: Option<&str>) -> usize {
        let Some(under_way) = &self.under_way else { return 0 };
        let path: Option<Vec<At<'_>>> = branch.map(|name| self.tree.path(name).iter().map(|at| at.at()).collect());
        let group = self.groups.iter().find(|group| subject.is_group && group.name == subject.task);
        let is_of = |task: &String| *task == subject.task || group.is_some_and(|group| group.leaves.contains(task));
        let left = under_way.left.iter().filter(|left| path.as_ref().is_none_or(|path| path.contains(&left.at())));
        left.filter(|left| left.tasks.iter().any(is_of)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_how_far_it_is_and_whether_it_goes_on() {
        let runs = UnderWay { units: 24, done: 22, runs: true, ..UnderWay::default() };
        assert_eq!(runs.words(), "22 of 24 units, a sweep is under way");
        let timed = UnderWay { seconds_left: Some(10_800.0), ..runs.clone() };
        assert_eq!(timed.words(), "22 of 24 units, about 3 h 0 min left");
        let search = UnderWay { is_search: true, ..timed.clone() };
        assert_eq!(search.words(), "22 of at most 24 units, about 3 h 0 min left");
        assert_eq!(UnderWay { runs: false, ..timed.clone() }.words(), "22 of 24 units: the sweep was stopped");
        let both = timed.clone().with(runs);
        assert_eq!((both.units, both.done, both.seconds_left), (48, 44, timed.seconds_left));
    }
}
