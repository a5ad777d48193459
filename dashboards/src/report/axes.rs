//! What a point can be drawn against: tokens seen, steps, hours of training, or the loss that the log has at its checkpoint.

use serde::Serialize;

use super::hours::{clock, hours_at};
use crate::analysis::statistics::median;
use crate::run::{LogEntry, Run};

/// The loss of a checkpoint is the median of the last quarter of the log's entries since the checkpoint before, and of so many at most: of
/// validation there is one, of training enough to be calm, and none is old.
const ENTRIES: usize = 25;

/// The path to the end of one branch: tokens, step, loss and hours of each checkpoint, in ascending tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BranchPlaces {
    branch: String,
    checkpoints: Vec<(u64, u64, Option<f64>, Option<f64>)>,
}

/// What a page can be drawn against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Axis {
    /// Tokens seen.
    Tokens,
    /// Optimiser steps.
    Steps,
    /// The log's loss.
    Loss,
    /// Hours of training, by the log's clock.
    Hours,
}

/// The places of every branch that has checkpoints.
pub(crate) fn places(run: &Run) -> Vec<BranchPlaces> {
    let branches = run.tree.branches.iter().filter(|branch| !branch.checkpoints.is_empty());
    branches
        .map(|branch| {
            let log = run.tree.log_path(&branch.name);
            let mut path = run.tree.path(&branch.name);
            path.sort_by_key(|checkpoint| (checkpoint.tokens, checkpoint.variant.is_some()));
            path.dedup_by_key(|checkpoint| checkpoint.tokens);
            let clock = clock(&run.tree, &branch.name);
            let mut before = None;
            let checkpoints = path.iter().map(|checkpoint| {
                let loss = loss(&log, before.replace(checkpoint.tokens), checkpoint.tokens).map(short);
                let hours = hours_at(&clock, checkpoint.tokens).map(short);
                (checkpoint.tokens, checkpoint.step, loss, hours)
            });
            BranchPlaces { checkpoints: checkpoints.collect(), branch: branch.name.clone() }
        })
        .collect()
}

/// As exact as a place on a page can be.
fn short(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}

/// Loss at `tokens`, from the entries after `before`; `None` where the log has none there.
fn loss(log: &[&LogEntry], before: Option<u64>, tokens: u64) -> Option<f64> {
    let is_near =
        |entry: &&&LogEntry| entry.tokens.is_some_and(|at| at <= tokens && before.is_none_or(|before| before < at));
    let near = log.iter().rev().filter(is_near).filter_map(|entry| entry.loss).filter(|loss| loss.is_finite());
    let near: Vec<f64> = near.collect();
    median(&near[..near.len().div_ceil(4).min(ENTRIES)])
}

/// The axes for which there are data: steps where they are not just the tokens, hours and the loss where a branch has two of them.
pub(crate) fn axes(places: &[BranchPlaces]) -> Vec<Axis> {
    let all = || places.iter().flat_map(|places| &places.checkpoints);
    let moves = |values: Vec<f64>| values.iter().any(|value| value.total_cmp(&values[0]).is_ne());
    let losses = |places: &BranchPlaces| moves(places.checkpoints.iter().filter_map(|place| place.2).collect());
    let hours = |places: &BranchPlaces| moves(places.checkpoints.iter().filter_map(|place| place.3).collect());
    // an axis from one step to the same would have no length
    let is_one = |mut steps: std::collections::BTreeSet<u64>| steps.pop_first().is_none() || steps.is_empty();
    let has_steps = all().any(|place| place.0 != place.1) && !is_one(all().map(|place| place.1).collect());
    let (has_hours, has_loss) = (places.iter().any(hours), places.iter().any(losses));
    let known = [(Axis::Tokens, true), (Axis::Steps, has_steps), (Axis::Hours, has_hours), (Axis::Loss, has_loss)];
    known.into_iter().filter_map(|(axis, is_there)| is_there.then_some(axis)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up::{branch, run};
    use crate::run::Fork;

    fn entry(step: u64, loss: f64) -> LogEntry {
        LogEntry { step, tokens: Some(step * 1_000_000), learning_rate: None, loss: Some(loss), ..LogEntry::default() }
    }

    #[test]
    fn the_loss_of_a_checkpoint_is_that_of_the_log_up_to_it() {
        let mut trunk = branch("trunk", None, &[0, 2, 4, 6]);
        // Nothing at 0; a spike at 2; nothing between 5 and 6.
        trunk.log.entries =
            [(1, 3.0), (2, 9.0), (3, 2.5), (4, 2.5), (7, 2.0)].map(|(step, loss)| entry(step, loss)).into();
        let fork = Fork { branch: "trunk".into(), step: 4, tokens: 4_000_000 };
        let mut anneal = branch("anneal", Some(fork), &[5]);
        anneal.log.entries = vec![entry(5, f64::NAN), entry(5, 1.5)];
        let found = places(&run(vec![trunk, anneal], Vec::new()));
        let million = |k: u64| k * 1_000_000;
        let wanted =
            [(0, None), (2, Some(9.0)), (4, Some(2.5)), (6, None)].map(|(at, loss)| (million(at), at, loss, None));
        assert_eq!(found[0].checkpoints, wanted);
        assert_eq!(
            found[1].checkpoints.last(),
            Some(&(million(5), 5, Some(1.5), None)),
            "its own, on its parent's path"
        );
        assert_eq!(found[1].checkpoints.len(), 4);
        assert_eq!(axes(&found), [Axis::Tokens, Axis::Steps, Axis::Loss]);
    }

    #[test]
    fn a_training_loss_is_calmed_over_the_last_quarter() {
        let mut trunk = branch("trunk", None, &[0, 200]);
        trunk.log.entries = (1..=200).map(|step| entry(step, if step % 7 == 0 { 9.0 } else { step as f64 })).collect();
        let found = places(&run(vec![trunk], Vec::new()))[0].checkpoints[1].2.unwrap();
        assert!((185.0..=200.0).contains(&found), "{found}: of the last 25 steps, spikes aside");
    }

    #[test]
    fn an_axis_is_offered_where_there_are_data() {
        let mut plain = run(vec![branch("trunk", None, &[0, 1])], Vec::new());
        assert_eq!(axes(&places(&plain)), [Axis::Tokens, Axis::Steps]);
        plain.tree.branches[0].log.entries = [(0, 9.0), (1, 10.5)]
            .map(|(step, hours)| LogEntry { seconds: Some(hours * 3600.0), ..entry(step, 2.0) })
            .into();
        assert_eq!(axes(&places(&plain)), [Axis::Tokens, Axis::Steps, Axis::Hours]);
        plain.tree.branches[0].log.entries.clear();
        plain.tree.branches[0].checkpoints.iter_mut().for_each(|checkpoint| checkpoint.step = checkpoint.tokens);
        assert_eq!(axes(&places(&plain)), [Axis::Tokens]);
        let one_step = run(vec![branch("trunk", None, &[7])], Vec::new());
        assert_eq!(axes(&places(&one_step)), [Axis::Tokens], "from step 7 to step 7 there is no axis");
    }
}
