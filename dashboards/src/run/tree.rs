//! Where a run went: branches with their checkpoints, logs and learning-rate phases.

use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::branch::{At, Branch, COLOURS, Checkpoint};
use super::misplaced::Misplaced;
use super::training_log::LogEntry;

/// Between the colours of one run and the same colours, dashed otherwise, of the next.
const NEXT_RUN: usize = 10;
/// So many runs have dashes of their own; those beyond them begin again.
const DASHES: usize = 4;

/// All branches of a run, parents before children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTree {
    /// The branches.
    pub branches: Vec<Branch>,
    /// What `tokens` of its checkpoints count.
    #[serde(default, skip_serializing_if = "Axis::is_tokens")]
    pub axis: Axis,
    /// Checkpoints whose weights belong to another step: drawn hollow, and left out of all that is said of a curve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misplaced: Vec<Misplaced>,
    /// Names of the runs whose branches these are, where there are several: a branch is then called `run/branch`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
}

impl RunTree {
    /// The colour of a branch: the trunk is 0, the branches after it go through `COLOURS` and begin again; 0 for names that no
    /// branch has. Of several runs the hue is that of the branch's own name, the same in each, and the tens say which run it is,
    /// from 1, by which it is dashed.
    pub fn colour(&self, branch: &str) -> usize {
        let mut names: Vec<&str> = Vec::new();
        for known in &self.branches {
            let own = self.own_name(&known.name);
            if !names.contains(&own) {
                names.push(own);
            }
        }
        let place = names.iter().position(|name| *name == self.own_name(branch)).unwrap_or(0);
        let hue = if place == 0 { 0 } else { (place - 1) % COLOURS + 1 };
        let run = self.run_of(branch).and_then(|run| self.runs.iter().position(|known| known == run));
        hue + run.map_or(0, |run| NEXT_RUN * (run % DASHES + 1))
    }

    /// The run that a branch is of, where there are several.
    pub fn run_of(&self, branch: &str) -> Option<&str> {
        let is_of = |run: &&String| branch.strip_prefix(run.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.runs.iter().filter(is_of).max_by_key(|run| run.len()).map(String::as_str)
    }

    /// A branch's name in its own run.
    pub fn own_name<'b>(&self, branch: &'b str) -> &'b str {
        self.run_of(branch).map_or(branch, |run| &branch[run.len() + 1..])
    }

    /// The branch of that name.
    pub fn branch(&self, name: &str) -> Option<&Branch> {
        self.branches.iter().find(|branch| branch.name == name)
    }

    /// Whether the weights of a checkpoint belong to the step in its name, as far as their hashes tell.
    pub fn is_in_place(&self, at: At<'_>) -> bool {
        self.misplaced.iter().all(|misplaced| misplaced.at() != at)
    }

    /// The path that leads to the end of a branch: the checkpoints of its ancestors up to each fork, then its own.
    pub fn path(&self, name: &str) -> Vec<&Checkpoint> {
        let Some(branch) = self.branch(name) else {
            return Vec::new();
        };
        let mut path = match &branch.fork {
            Some(fork) => {
                let mut before = self.path(&fork.branch);
                before.retain(|checkpoint| checkpoint.step <= fork.step);
                before
            }
            None => Vec::new(),
        };
        path.extend(&branch.checkpoints);
        path
    }

    /// The log that leads to the end of a branch: the entries of its ancestors up to each fork, then its own.
    pub fn log_path(&self, name: &str) -> Vec<&LogEntry> {
        let Some(branch) = self.branch(name) else {
            return Vec::new();
        };
        let mut path = match &branch.fork {
            Some(fork) => {
                let mut before = self.log_path(&fork.branch);
                before.retain(|entry| entry.step <= fork.step);
                before
            }
            None => Vec::new(),
        };
        path.extend(&branch.log.entries);
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::TrainingLog;

    fn tree(names: &[&str], runs: &[&str]) -> RunTree {
        let branch = |name: &&str| Branch {
            name: (*name).to_owned(),
            fork: None,
            checkpoints: Vec::new(),
            log: TrainingLog::default(),
            phases: Vec::new(),
        };
        let runs = runs.iter().map(|run| (*run).to_owned()).collect();
        RunTree { branches: names.iter().map(branch).collect(), runs, ..RunTree::default() }
    }

    #[test]
    fn a_branch_has_its_hue_in_every_run() {
        let colours =
            |tree: &RunTree| -> Vec<usize> { tree.branches.iter().map(|branch| tree.colour(&branch.name)).collect() };
        assert_eq!(colours(&tree(&["trunk", "a", "stage/b"], &[])), [0, 1, 2]);
        let many = tree(&["x/trunk", "x/a", "y/trunk", "y/b", "y/a", "x/y/a"], &["x", "y", "x/y"]);
        assert_eq!(colours(&many), [10, 11, 20, 22, 21, 31]);
        assert_eq!((many.run_of("x/y/a"), many.own_name("x/y/a"), many.run_of("z")), (Some("x/y"), "a", None));
    }
}
