//! Made-up runs for the tests of the report.

use crate::run::{Branch, Checkpoint, Fork, Run, RunTree, TrainingLog, Unit};

/// A million tokens a step.
pub(super) fn checkpoint(branch: &str, step: u64) -> Checkpoint {
    Checkpoint {
        branch: branch.into(),
        step,
        variant: None,
        tokens: step * 1_000_000,
        learning_rate: None,
        location: String::new(),
    }
}

/// A branch without a log.
pub(super) fn branch(name: &str, fork: Option<Fork>, steps: &[u64]) -> Branch {
    let checkpoints = steps.iter().map(|&step| checkpoint(name, step)).collect();
    Branch { name: name.into(), fork, checkpoints, log: TrainingLog::default(), phases: Vec::new() }
}

pub(super) fn run(branches: Vec<Branch>, units: Vec<Unit>) -> Run {
    Run {
        name: "made-up".into(),
        tree: RunTree { branches, ..RunTree::default() },
        units,
        packs: Vec::new(),
        ratings: Vec::new(),
        notes: Vec::new(),
        superseded: Vec::new(),
        failures: Vec::new(),
        texts: Vec::new(),
        groups: Vec::new(),
        run_file: "name: made-up\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: "0.1.0".into(),
    }
}

/// A trunk with steps 0 to 3, and a branch `anneal` that leaves it at 1 and has steps 2 and 4; nothing is scored.
pub(super) fn forked() -> Run {
    let fork = Fork { branch: "trunk".into(), step: 1, tokens: 1_000_000 };
    run(vec![branch("trunk", None, &[0, 1, 2, 3]), branch("anneal", Some(fork), &[2, 4])], Vec::new())
}
