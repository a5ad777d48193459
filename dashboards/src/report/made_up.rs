//! Made-up runs for the tests of the report.

use std::sync::Arc;

use serde_json::{from_value, json};
use spyglass_tasks::{ChoiceRecord, ItemRecord, MetricValue};

use crate::run::{Branch, Checkpoint, Fork, Run, RunTree, TrainingLog, Unit, UnitRecord};

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
pub(crate) fn branch(name: &str, fork: Option<Fork>, steps: &[u64]) -> Branch {
    let checkpoints = steps.iter().map(|&step| checkpoint(name, step)).collect();
    Branch { name: name.into(), fork, checkpoints, log: TrainingLog::default(), phases: Vec::new() }
}

pub(super) fn run(branches: Vec<Branch>, units: Vec<Unit>) -> Run {
    Run {
        name: "made-up".into(),
        tree: RunTree { branches, ..RunTree::default() },
        units,
        run_file: "name: made-up\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: "0.1.0".into(),
        ..Run::default()
    }
}

/// A trunk with steps 0 to 3, and a branch `anneal` that leaves it at 1 and has steps 2 and 4; nothing is scored.
pub(super) fn forked() -> Run {
    let fork = Fork { branch: "trunk".into(), step: 1, tokens: 1_000_000 };
    run(vec![branch("trunk", None, &[0, 1, 2, 3]), branch("anneal", Some(fork), &[2, 4])], Vec::new())
}

/// A hundred items of a task, scored, without their records.
pub(crate) fn scored(branch: &str, step: u64, task: &str, value: f64) -> Unit {
    let record: UnitRecord = from_value(json!({
        "key": "k", "task": task, "shots": 0, "chance": 0.25, "primary_metric": "acc", "items": 100, "items_total": 100,
        "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": task, "task_definition": "d",
            "data": "d", "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": checkpoint(branch, step), "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "metrics": [MetricValue { name: "acc".into(), value, stderr: Some((value * (1.0 - value) / 99.0).sqrt()), clustered_stderr: None, n: 100 }],
        "cost": {"seconds": 1.0, "tokens_computed": 10, "tokens_requested": 30}, "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
    }))
    .unwrap();
    Unit { record, items: Arc::new(Vec::new()) }
}

/// A hundred items of a task, each right or wrong.
pub(crate) fn right_items(branch: &str, step: u64, task: &str, is_right: impl Fn(usize) -> bool) -> Unit {
    let right: Vec<bool> = (0..100).map(is_right).collect();
    let share = right.iter().filter(|right| **right).count() as f64 / 100.0;
    let choice = |is_best: bool| ChoiceRecord { logprob: if is_best { -1.0 } else { -2.0 }, ..ChoiceRecord::default() };
    let item = |(doc_id, right): (usize, &bool)| ItemRecord {
        doc_id,
        gold: 0,
        choices: vec![choice(*right), choice(!right)],
        ..ItemRecord::default()
    };
    let items = right.iter().enumerate().map(item).collect();
    Unit { items: Arc::new(items), ..scored(branch, step, task, share) }
}
