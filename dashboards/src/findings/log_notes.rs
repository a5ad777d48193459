//! Where a training log does not fit its checkpoints.

use crate::number::tokens;
use crate::run::{Branch, RunTree};

/// Token counts of log and checkpoint may differ by this share: logs round.
const TOLERANCE: f64 = 0.01;

/// What a reader should know of logs that end early, begin late, or count other tokens than the checkpoints.
pub(crate) fn log_notes(tree: &RunTree) -> Vec<String> {
    tree.branches.iter().flat_map(|branch| [reach(branch), counts(branch)]).flatten().collect()
}

/// Checkpoints more than one logging interval outside the log; step 0 is never logged.
fn reach(branch: &Branch) -> Option<String> {
    let entries = &branch.log.entries;
    let (first, last) = (entries.first()?.step, entries.last()?.step);
    let interval = (last - first) / (entries.len() as u64 - 1).max(1);
    let steps = || branch.checkpoints.iter().map(|checkpoint| checkpoint.step).filter(|step| *step > 0);
    let outside = steps().filter(|step| *step > last + interval || *step + interval < first).count();
    let (from, to) = (steps().min()?, steps().max()?);
    (outside > 0).then(|| {
        format!(
            "{}: its log goes from step {first} to {last}, its checkpoints from {from} to {to}; what lies outside has no learning \
             rate, loss or phase of its own",
            branch.name
        )
    })
}

fn counts(branch: &Branch) -> Option<String> {
    let differs = |checkpoint: &&crate::run::Checkpoint| {
        let entry = branch.log.entries.binary_search_by_key(&checkpoint.step, |entry| entry.step).ok()?;
        let logged = branch.log.entries[entry].tokens?;
        let apart = (logged as f64 - checkpoint.tokens as f64).abs();
        (apart > TOLERANCE * checkpoint.tokens.max(1) as f64).then_some((checkpoint.step, logged, checkpoint.tokens))
    };
    let all: Vec<(u64, u64, u64)> = branch.checkpoints.iter().filter_map(|checkpoint| differs(&checkpoint)).collect();
    let (step, logged, counted) = all.first()?;
    let more = if all.len() > 1 { format!(" (and {} more)", all.len() - 1) } else { String::new() };
    Some(format!(
        "{}: its log has {} tokens at step {step}, the checkpoint there {}{more}; curves are drawn at the checkpoints' counts",
        branch.name,
        tokens(*logged as f64),
        tokens(*counted as f64)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Checkpoint, LogEntry, TrainingLog};

    fn notes(log: impl Iterator<Item = (u64, u64)>, steps: &[u64]) -> Vec<String> {
        let entry = |(step, tokens)| LogEntry {
            step,
            tokens: Some(tokens),
            learning_rate: None,
            loss: Some(2.0),
            ..LogEntry::default()
        };
        let checkpoint = |&step: &u64| Checkpoint {
            branch: "trunk".into(),
            step,
            variant: None,
            tokens: step * 1000,
            learning_rate: None,
            location: String::new(),
        };
        let branch = Branch {
            name: "trunk".into(),
            fork: None,
            checkpoints: steps.iter().map(checkpoint).collect(),
            log: TrainingLog { entries: log.map(entry).collect() },
            phases: Vec::new(),
        };
        log_notes(&RunTree { branches: vec![branch], ..RunTree::default() })
    }

    #[test]
    fn a_log_that_fits_needs_no_word() {
        assert!(notes((1..=100).map(|k| (k * 10, k * 10_000)), &[0, 500, 1000]).is_empty());
        assert!(notes(std::iter::empty(), &[0, 500]).is_empty(), "no log at all is seen by everyone");
    }

    #[test]
    fn a_log_that_ends_early_or_counts_otherwise_is_said() {
        let early = notes((1..=50).map(|k| (k * 10, k * 10_000)), &[0, 500, 1000]);
        assert_eq!(early.len(), 1);
        assert!(early[0].starts_with("trunk: its log goes from step 10 to 500, its checkpoints from 500 to 1000;"));
        let other = notes((1..=100).map(|k| (k * 10, k * 20_000)), &[0, 500, 1000]);
        assert_eq!(
            other,
            [
                "trunk: its log has 1 M tokens at step 500, the checkpoint there 500 k (and 1 more); curves are drawn at the \
              checkpoints' counts"
            ]
        );
    }
}
