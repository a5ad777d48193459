//! A small made-up run for the tests of these pages.

use crate::run::{Branch, Checkpoint, Fork, Run, RunTree, TrainingLog};

/// A trunk with steps 0 to 3, and a branch `anneal` that leaves it at 1 and has steps 2 and 4; a million tokens a step.
pub(super) fn run() -> Run {
    let fork = Fork { branch: "trunk".into(), step: 1, tokens: 1_000_000 };
    Run {
        name: "made-up".into(),
        tree: RunTree { branches: vec![branch("trunk", None, &[0, 1, 2, 3]), branch("anneal", Some(fork), &[2, 4])] },
        units: Vec::new(),
        packs: Vec::new(),
        ratings: Vec::new(),
        superseded: Vec::new(),
        failures: Vec::new(),
        texts: Vec::new(),
        groups: Vec::new(),
        run_file: String::new(),
        generated: String::new(),
        version: String::new(),
    }
}

fn branch(name: &str, fork: Option<Fork>, steps: &[u64]) -> Branch {
    let checkpoint = |&step: &u64| Checkpoint {
        branch: name.into(),
        step,
        variant: None,
        tokens: step * 1_000_000,
        learning_rate: None,
        location: String::new(),
    };
    let checkpoints = steps.iter().map(checkpoint).collect();
    Branch { name: name.into(), fork, checkpoints, log: TrainingLog::default(), phases: Vec::new() }
}
