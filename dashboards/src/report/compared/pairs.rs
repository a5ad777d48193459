//! Every two checkpoints of a choice that is small enough to compare them all.

use rayon::prelude::*;

use crate::findings::{Comparison, UnitsAt, compare, units_at};
use crate::run::{Checkpoint, Run};

/// At most so many checkpoints are compared with each other.
const MOST: usize = 32;
/// At most so many items are paired in all: a report of large tasks compares fewer checkpoints.
const MOST_ITEMS: usize = 20_000_000;

/// The chosen checkpoints, and what any two of them differ in.
pub(crate) struct Pairs<'a> {
    /// In the order of branches and steps.
    pub(crate) checkpoints: Vec<&'a Checkpoint>,
    /// Of each checkpoint with those after it.
    after: Vec<Vec<Comparison>>,
}

impl<'a> Pairs<'a> {
    pub(crate) fn of(run: &'a Run) -> Self {
        let units = units_at(run);
        let checkpoints = chosen(run, &units);
        let rest = |first: usize| {
            let a = &units[&checkpoints[first].at()];
            checkpoints[first + 1..].iter().map(|b| compare(a, &units[&b.at()], [&run.groups; 2])).collect()
        };
        let after = (0..checkpoints.len()).into_par_iter().map(rest).collect();
        Self { checkpoints, after }
    }

    /// The checkpoints after `first`, each with what they differ in.
    pub(crate) fn after(&self, first: usize) -> impl Iterator<Item = (usize, &Comparison)> {
        self.after[first].iter().enumerate().map(move |(index, compared)| (first + 1 + index, compared))
    }

    /// Every pair.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, usize, &Comparison)> {
        (0..self.checkpoints.len()).flat_map(|a| self.after(a).map(move |(b, compared)| (a, b, compared)))
    }

    /// Some task can be compared somewhere.
    pub(crate) fn is_any(&self) -> bool {
        self.after.iter().flatten().any(|compared| !compared.rows.is_empty())
    }
}

/// The ends of branches, the checkpoints that they leave from, and an even choice of the others.
fn chosen<'a>(run: &'a Run, units: &UnitsAt<'_>) -> Vec<&'a Checkpoint> {
    let all: Vec<&Checkpoint> =
        run.tree.branches.iter().flat_map(|b| &b.checkpoints).filter(|at| units.contains_key(&at.at())).collect();
    let items = |at: &&Checkpoint| units[&at.at()].iter().map(|unit| unit.items.len()).sum::<usize>();
    let most = most(all.iter().map(items).max().unwrap_or(0));
    let is_fork = |at: &Checkpoint| {
        let mut forks = run.tree.branches.iter().filter_map(|branch| branch.fork.as_ref());
        forks.any(|fork| fork.branch == at.branch && fork.step == at.step)
    };
    let is_end = |index: usize| all.get(index + 1).is_none_or(|next| next.branch != all[index].branch);
    let (mut kept, others): (Vec<usize>, Vec<usize>) =
        (0..all.len()).partition(|&index| is_end(index) || is_fork(all[index]));
    kept.truncate(most);
    let room = (most - kept.len()).min(others.len());
    kept.extend((0..room).map(|k| others[k * others.len() / room]));
    kept.sort_unstable();
    kept.into_iter().map(|index| all[index]).collect()
}

/// How many checkpoints with so many items each can be compared with each other.
fn most(items: usize) -> usize {
    let fits = |count: &usize| count * (count - 1) / 2 * items <= MOST_ITEMS;
    (2..=MOST).rev().find(fits).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_tasks_are_compared_at_fewer_checkpoints() {
        assert_eq!([0, 6_000, 60_000, 500_000, 1 << 40].map(most), [32, 32, 26, 9, 2]);
    }
}
