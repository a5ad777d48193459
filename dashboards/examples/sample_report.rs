//! Writes a report of a made-up run, no model needed: `cargo run --release -p spyglass-dashboards --example sample_report OUT`.
//!
//! With a second argument, a CSV with the columns task, branch, step, tokens, score, n, the scores are that file's.

use std::path::Path;
use std::sync::Arc;

use miette::{IntoDiagnostic, Result, miette};
use serde_json::{from_value, json};
use spyglass_dashboards::report;
use spyglass_dashboards::run::{
    Branch, Checkpoint, Fork, LogEntry, Phase, PhaseStart, Run, RunTree, TrainingLog, Unit,
};

const TOKENS_PER_STEP: u64 = 6144;

/// Name, parent and fork, first step, last step, steps between checkpoints.
type Plan = (&'static str, Option<(&'static str, u64)>, [u64; 3]);
const PLANS: [Plan; 4] = [
    ("trunk", None, [0, 1400, 75]),
    ("contaminated", Some(("trunk", 600)), [650, 900, 50]),
    ("anneal-roleplay", Some(("trunk", 1050)), [1100, 1300, 50]),
    ("anneal", Some(("trunk", 1050)), [1100, 1500, 50]),
];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or_else(|| miette!("name the folder to write"))?;
    let run = match arguments.next() {
        Some(scores) => measured(Path::new(&scores))?,
        None => made_up(),
    };
    let index = report::write(&run, Path::new(&out))?;
    #[expect(clippy::print_stdout, reason = "the path is this program's answer")]
    {
        println!("{}", index.display());
    }
    Ok(())
}

fn made_up() -> Run {
    let branches: Vec<Branch> = PLANS
        .iter()
        .map(|(name, fork, [first, last, every])| {
            branch(name, *fork, (*first..=*last).step_by(*every as usize).collect())
        })
        .collect();
    let tasks = [
        ("letters", 1150.0, 60.0),
        ("facts, hard", 350.0, 60.0),
        ("stories", 150.0, 50.0),
        ("nothing <yet>", 9e9, 1.0),
    ];
    let mut units = Vec::new();
    for (name, middle, width) in tasks {
        for checkpoint in branches.iter().flat_map(|branch| &branch.checkpoints) {
            let step = checkpoint.step as f64;
            let early = if checkpoint.branch == "contaminated" { 400.0 } else { 0.0 };
            let late = if checkpoint.branch == "trunk" && middle > 1000.0 { 600.0 } else { 0.0 };
            let clean = 0.25 + 0.74 / (1.0 + ((middle + late - early - step) / width).exp());
            let noise = ((checkpoint.step * 7919 + name.len() as u64 * 104_729) % 101) as f64 / 101.0 - 0.5;
            units.push(unit(name, checkpoint, (clean + 0.03 * noise).clamp(0.0, 1.0), 300));
        }
    }
    run("made-up run", branches, units)
}

fn measured(path: &Path) -> Result<Run> {
    let mut branches: Vec<Branch> = PLANS.iter().map(|(name, fork, _)| branch(name, *fork, Vec::new())).collect();
    let mut units = Vec::new();
    let mut reader = csv::Reader::from_path(path).into_diagnostic()?;
    for row in reader.deserialize::<(String, String, u64, u64, f64, usize)>() {
        let (task, name, step, _, score, n) = row.into_diagnostic()?;
        let home = branches.iter_mut().find(|b| b.name == name).ok_or_else(|| miette!("unknown branch `{name}`"))?;
        let checkpoint = checkpoint(&name, step);
        if !home.checkpoints.contains(&checkpoint) {
            home.checkpoints.push(checkpoint.clone());
            home.checkpoints.sort_by_key(|c| c.step);
        }
        units.push(unit(&task, &checkpoint, score, n));
    }
    Ok(run("measured run", branches, units))
}

fn checkpoint(branch: &str, step: u64) -> Checkpoint {
    let (tokens, location) = (step * TOKENS_PER_STEP, format!("{branch}/checkpoint-{step}"));
    Checkpoint { branch: branch.into(), step, variant: None, tokens, learning_rate: None, location }
}

fn branch(name: &str, fork: Option<(&str, u64)>, steps: Vec<u64>) -> Branch {
    let entry = |step: u64| {
        let s = step as f64;
        let rate = match fork {
            Some((_, 1050)) if s < 1075.0 => 1e-3 + 2e-3 * (s - 1050.0) / 25.0,
            Some((_, 1050)) => 3e-3 * (1.0 - (s - 1075.0) / 425.0),
            _ if s < 60.0 => 3e-3 * s / 60.0,
            _ => 1e-3 + 1e-3 * (1.0 + (std::f64::consts::PI * ((s - 60.0) / 1040.0).min(1.0)).cos()),
        };
        let loss = 0.5 + 2.5 * (-s / 60.0).exp() + 0.01 * (s * 0.7).sin();
        LogEntry {
            step,
            tokens: Some(step * TOKENS_PER_STEP),
            learning_rate: Some(rate),
            loss: Some(loss),
            ..LogEntry::default()
        }
    };
    let (first, last) = fork.map_or((0, 1400), |(_, step)| (step, if step == 600 { 900 } else { 1500 }));
    let start = |phase, from_step| PhaseStart { phase, from_step, from_tokens: from_step * TOKENS_PER_STEP };
    Branch {
        name: name.into(),
        fork: fork.map(|(parent, step)| Fork { branch: parent.into(), step, tokens: step * TOKENS_PER_STEP }),
        checkpoints: steps.into_iter().map(|step| checkpoint(name, step)).collect(),
        log: TrainingLog { entries: (first..=last).step_by(5).map(entry).collect() },
        phases: vec![start(Phase::Warmup, 0), start(Phase::Decay, 60), start(Phase::Stable, 985)],
    }
}

fn unit(task: &str, checkpoint: &Checkpoint, score: f64, n: usize) -> Unit {
    let stderr = (score * (1.0 - score) / (n as f64 - 1.0)).sqrt();
    let record = json!({
        "key": "0".repeat(64), "task": task, "shots": 0, "chance": 0.25, "primary_metric": "acc",
        "items": n, "items_total": n, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "inputs": {"weights": "", "config": "", "tokenizer": "", "chat_template": null, "task": task, "task_definition": "", "data": "",
            "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": checkpoint, "metrics": [{"name": "acc", "value": score, "stderr": stderr, "n": n}],
        "cost": {"seconds": 1.0, "tokens_computed": 9000, "tokens_requested": 30_000},
        "finished": "2026-11-24T00:00:00Z", "version": "0.1.0",
    });
    Unit { record: from_value(record).expect("the record is written out above"), items: Arc::new(Vec::new()) }
}

fn run(name: &str, branches: Vec<Branch>, units: Vec<Unit>) -> Run {
    Run {
        name: name.into(),
        tree: RunTree { branches, ..RunTree::default() },
        units,
        run_file: "name: sample\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Run::default()
    }
}
