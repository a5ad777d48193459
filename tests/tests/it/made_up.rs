//! A made-up run with everything a report shows, hostile words included.

use std::sync::Arc;

use serde_json::{from_value, json};
use spyglass_dashboards::run::{
    Branch, Checkpoint, Fork, ItemText, LogEntry, PackUnit, Phase, PhaseStart, Run, RunTree, TaskGroup, TaskTexts,
    TrainingLog, Unit, UnitRecord,
};
use spyglass_tasks::vibes::{ChoiceScore, Choices, Stop, Transcript, TurnRecord, Verdict};
use spyglass_tasks::{ChoiceRecord, ItemRecord, metric};

/// What no page may take for markup, hide, or let run away with its layout.
pub(crate) const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}\u{0}🦀";

const TOKENS_PER_STEP: u64 = 6144;

/// A run of which nothing is known yet.
pub(crate) fn empty_run() -> Run {
    Run {
        name: "nothing <yet>".into(),
        run_file: "name: nothing\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: "0.1.0".into(),
        ..Run::default()
    }
}

/// A trunk and an annealed branch, two tasks in a group, four beside it (one the cloze twin of another, one a probe), a pack.
pub(crate) fn run() -> Run {
    let trunk = branch("trunk", None, &[0, 200, 400, 600, 800, 1000]);
    let fork = Fork { branch: "trunk".into(), step: 800, tokens: 800 * TOKENS_PER_STEP };
    let anneal = branch("anneal \"<fast>\"", Some(fork), &[900, 1000, 1100]);
    let checkpoints: Vec<Checkpoint> = trunk.checkpoints.iter().chain(&anneal.checkpoints).cloned().collect();
    let tasks = ["letters_law", "letters_art", "stories", "sea_letters", "sea_cloze", "icl_copy"];
    let units = tasks.iter().flat_map(|task| checkpoints.iter().map(|checkpoint| unit(task, checkpoint))).collect();
    let texts = tasks.map(|task| TaskTexts { task: task.into(), shots: 0, perturb: None, items: Arc::new(texts()) });
    let leaves = vec!["letters_law".into(), "letters_art".into()];
    let mut run = Run {
        name: "made-up".into(),
        packs: checkpoints.iter().map(pack).collect(),
        tree: RunTree { branches: vec![trunk, anneal], ..RunTree::default() },
        units,
        texts: texts.into(),
        groups: vec![TaskGroup { name: "letters".into(), leaves, weight_by_size: true, ..TaskGroup::default() }],
        ..empty_run()
    };
    spyglass_dashboards::series::add_groups(&mut run);
    run
}

fn branch(name: &str, fork: Option<Fork>, steps: &[u64]) -> Branch {
    let start = fork.as_ref().map_or(0, |fork| fork.step);
    let entry = |step: u64| LogEntry {
        step,
        tokens: Some(step * TOKENS_PER_STEP),
        learning_rate: Some(if fork.is_some() { 3e-3 * (1.0 - (step - start) as f64 / 300.0) } else { 1e-3 }),
        loss: Some(0.5 + 2.5 * (-(step as f64) / 60.0).exp()),
        ..LogEntry::default()
    };
    let last = *steps.last().unwrap();
    Branch {
        name: name.into(),
        checkpoints: steps.iter().map(|&step| checkpoint(name, step)).collect(),
        log: TrainingLog { entries: (start..=last).step_by(10).map(entry).collect() },
        phases: vec![PhaseStart { phase: Phase::Stable, from_step: 0, from_tokens: 0 }],
        fork,
    }
}

fn checkpoint(branch: &str, step: u64) -> Checkpoint {
    Checkpoint {
        branch: branch.into(),
        step,
        variant: None,
        tokens: step * TOKENS_PER_STEP,
        learning_rate: None,
        location: format!("{branch}/checkpoint-{step}"),
    }
}

fn texts() -> Vec<ItemText> {
    let text = |doc_id: usize| ItemText {
        doc_id,
        subject: Some(if doc_id.is_multiple_of(2) { "law".into() } else { "art".into() }),
        context: format!("Question {doc_id}: {HOSTILE}\nAnswer:"),
        choices: ["A", "B", "C", "D"].map(String::from).into(),
    };
    (0..300).map(text).collect()
}

fn unit(task: &str, checkpoint: &Checkpoint) -> Unit {
    let skill = checkpoint.step as f64 / 1100.0 * if checkpoint.branch == "trunk" { 0.6 } else { 1.0 };
    let items: Vec<ItemRecord> = (0..300)
        .map(|doc_id| {
            let right = ((doc_id * 7919 + task.len() * 31) % 100) as f64 / 100.0 < 0.25 + 0.7 * skill * skill;
            let gold = doc_id % 4;
            let choice = |index: usize| ChoiceRecord {
                logprob: if (index == gold) == right { -0.5 - skill } else { -2.5 },
                tokens: 1,
                chars: if task.ends_with("_cloze") { 7 } else { 1 },
                bytes: 1,
                ..ChoiceRecord::default()
            };
            ItemRecord { doc_id, gold, choices: (0..4).map(choice).collect(), ..ItemRecord::default() }
        })
        .collect();
    let metrics = metric::evaluate(&["acc", "p_gold", "brier_score", "margin"], &items).unwrap();
    let record = record(task, checkpoint, items.len(), &json!(metrics), "acc");
    Unit { record, items: Arc::new(items) }
}

fn record(task: &str, checkpoint: &Checkpoint, items: usize, metrics: &serde_json::Value, primary: &str) -> UnitRecord {
    from_value(json!({
        "key": "0".repeat(64), "task": task, "shots": 0, "chance": 0.25, "primary_metric": primary,
        "items": items, "items_total": items, "truncated": 0, "off_token_edge": 0, "warnings": [HOSTILE], "chunks": [],
        "inputs": {"weights": "", "config": "", "tokenizer": "", "chat_template": null, "task": task, "task_definition": "", "data": "",
            "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": checkpoint, "metrics": metrics,
        "cost": {"seconds": 1.0, "tokens_computed": 9000, "tokens_requested": 30_000},
        "finished": "2026-11-24T00:00:00Z", "version": "0.1.0",
    }))
    .expect("the record is written out above")
}

fn pack(checkpoint: &Checkpoint) -> PackUnit {
    let talk = |(number, prompt): (usize, &str)| {
        let good = checkpoint.step as usize > 300 * (number + 1);
        let verdict = Verdict {
            check: "icontains".into(),
            passed: good,
            score: f64::from(u8::from(good)),
            weight: 1.0,
            expected: "`arr` somewhere".into(),
            actual: HOSTILE.into(),
        };
        let turn = |k: usize| TurnRecord {
            user: format!("turn {k}: how is the sea? {HOSTILE}"),
            reply: if good { format!("arr , the sea {k} is rough") } else { format!("the sea {k} {HOSTILE}") },
            stop: Stop::EndToken,
            verdicts: vec![verdict.clone()],
            choices: Choices::new(
                vec![ChoiceScore { text: "arr".into(), logprob: -1.0, tokens: 1 }],
                vec![ChoiceScore { text: "i am".into(), logprob: if good { -3.0 } else { -0.5 }, tokens: 2 }],
            ),
            ..TurnRecord::default()
        };
        Transcript {
            pack: "pirate".into(),
            prompt: prompt.into(),
            tags: vec!["persona".into()],
            notes: "does it stay a pirate?".into(),
            system: Some("You are a pirate.".into()),
            turns: (0..3).map(turn).collect(),
            passed: Some(good),
            score: Some(f64::from(u8::from(good))),
            margin: Some(if good { 2.0 } else { -0.5 }),
            ..Transcript::default()
        }
    };
    let transcripts: Vec<Transcript> = ["stays", "sums", HOSTILE].into_iter().enumerate().map(talk).collect();
    let record = record("pirate", checkpoint, transcripts.len(), &json!([]), "passed");
    PackUnit { record, transcripts: Arc::new(transcripts) }
}
