//! Which checkpoints are scored, and in which order.

use std::collections::VecDeque;

use spyglass_dashboards::run::{Checkpoint, RunTree};

use crate::run_file::{CheckpointOrder, ScheduleSpec};

/// The checkpoints of a run in the order in which they are scored.
///
/// `every: n` keeps every n-th step of each branch, counted from its last, so that the newest is always among them.
/// Coarse to fine takes one checkpoint of each branch in turn: its first, its last, then the middle of each gap.
pub(crate) fn order(tree: &RunTree, schedule: ScheduleSpec) -> Vec<&Checkpoint> {
    let branches = tree.branches.iter().map(|branch| every_nth(&branch.checkpoints, schedule.every));
    match schedule.order {
        CheckpointOrder::Ascending => branches.flatten().collect(),
        CheckpointOrder::Descending => {
            let mut all: Vec<_> = branches.flatten().collect();
            all.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.tokens));
            all
        }
        // A search picks from them by itself.
        CheckpointOrder::CoarseToFine | CheckpointOrder::FindOnset => {
            in_turn(&branches.map(coarse_to_fine).collect::<Vec<_>>())
        }
    }
}

fn every_nth(checkpoints: &[Checkpoint], every: usize) -> Vec<&Checkpoint> {
    let mut steps: Vec<u64> = checkpoints.iter().map(|checkpoint| checkpoint.step).collect();
    steps.dedup();
    let kept: Vec<u64> = steps.into_iter().rev().step_by(every.max(1)).collect();
    checkpoints.iter().filter(|checkpoint| kept.contains(&checkpoint.step)).collect()
}

fn coarse_to_fine(checkpoints: Vec<&Checkpoint>) -> Vec<&Checkpoint> {
    let Some(last): Option<usize> = checkpoints.len().checked_sub(1) else { return checkpoints };
    let mut order = vec![0];
    if last > 0 {
        order.push(last);
    }
    let mut gaps = VecDeque::from([(0, last)]);
    while let Some((left, right)) = gaps.pop_front() {
        let middle = usize::midpoint(left, right);
        if middle > left {
            order.push(middle);
            gaps.extend([(left, middle), (middle, right)]);
        }
    }
    order.into_iter().map(|index| checkpoints[index]).collect()
}

fn in_turn<T: Copy>(lists: &[Vec<T>]) -> Vec<T> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|round| lists.iter().filter_map(move |list| list.get(round).copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_dashboards::run::{Branch, TrainingLog};

    fn tree(branches: &[(&str, &[u64])]) -> RunTree {
        let checkpoint = |branch: &str, step: u64| Checkpoint {
            branch: branch.into(),
            step,
            variant: None,
            tokens: step * 10,
            learning_rate: None,
            location: String::new(),
        };
        let branches = branches.iter().map(|(name, steps)| Branch {
            name: (*name).into(),
            fork: None,
            checkpoints: steps.iter().map(|&step| checkpoint(name, step)).collect(),
            log: TrainingLog::default(),
            phases: Vec::new(),
        });
        RunTree { branches: branches.collect(), ..RunTree::default() }
    }

    fn steps(tree: &RunTree, order_: CheckpointOrder, every: usize) -> Vec<u64> {
        order(tree, ScheduleSpec { order: order_, every }).into_iter().map(|checkpoint| checkpoint.step).collect()
    }

    #[test]
    fn the_ends_come_first_then_the_middles() {
        let tree = tree(&[("trunk", &[0, 1, 2, 3, 4, 5, 6, 7, 8])]);
        assert_eq!(steps(&tree, CheckpointOrder::CoarseToFine, 1), [0, 8, 4, 2, 6, 1, 3, 5, 7]);
        assert_eq!(steps(&tree, CheckpointOrder::Descending, 1), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn branches_take_turns_and_none_is_lost() {
        let tree = tree(&[("trunk", &[0, 10, 20]), ("anneal", &[25]), ("empty", &[])]);
        assert_eq!(steps(&tree, CheckpointOrder::CoarseToFine, 1), [0, 25, 20, 10]);
    }

    #[test]
    fn every_other_keeps_the_newest() {
        let tree = tree(&[("trunk", &[0, 1, 2, 3, 4, 5])]);
        assert_eq!(steps(&tree, CheckpointOrder::Ascending, 2), [1, 3, 5]);
        assert_eq!(steps(&tree, CheckpointOrder::Ascending, 100), [5]);
    }
}
