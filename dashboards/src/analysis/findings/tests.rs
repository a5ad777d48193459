//! Findings of made-up runs: what they say, word for word, and that thin or broken runs say nothing false.

use super::*;
use crate::alarms::AlarmKind;
use crate::analysis::{Status, compare};
use crate::run::{
    Branch, Checkpoint, Fork, LogEntry, Phase, PhaseStart, RunTree, TaskGroup, TrainingLog, Unit, UnitInputs,
    UnitRecord,
};
use spyglass_tasks::{ChoiceRecord, ItemRecord, metric};
use std::sync::Arc;

const TOKENS_PER_STEP: u64 = 6_144;

/// What a made-up task is asked with.
#[derive(Clone, Copy)]
struct Kind {
    task: &'static str,
    letters: bool,
    items: std::ops::Range<usize>,
    perturb: Option<&'static str>,
}

const fn kind(task: &'static str, letters: bool) -> KindOf {
    KindOf { task, letters, items: 1000 }
}

struct KindOf {
    task: &'static str,
    letters: bool,
    items: usize,
}

impl KindOf {
    fn of(&self) -> Kind {
        Kind { task: self.task, letters: self.letters, items: 0..self.items, perturb: None }
    }
}

fn checkpoint(branch: &str, step: u64) -> Checkpoint {
    Checkpoint {
        branch: branch.into(),
        step,
        variant: None,
        tokens: step * TOKENS_PER_STEP,
        learning_rate: None,
        location: String::new(),
    }
}

/// A unit whose items are right for a share of `accuracy`: each item has its luck, the same at every checkpoint.
fn unit(kind: &Kind, checkpoint: &Checkpoint, accuracy: f64) -> Unit {
    let salt = kind.task.len() as f64 * 0.37;
    let item = |index: usize| {
        let gold = index * 7 % 4;
        let lucky = (index as f64 * 0.618_033_988_749 + salt).fract() < accuracy;
        let best = if lucky { gold } else { (gold + 1 + index % 3) % 4 };
        let nudge = checkpoint.tokens as f64 * 1e-12 + index as f64 * 1e-6;
        let logprob = |choice: usize| if choice == best { -0.4 } else { -1.9 - choice as f64 * 0.01 } - nudge;
        let choice = |choice: usize| ChoiceRecord {
            logprob: logprob(choice),
            is_greedy: choice == best,
            tokens: if kind.letters { 1 } else { 3 },
            chars: if kind.letters { 1 } else { 9 },
            bytes: if kind.letters { 1 } else { 9 },
            unconditional: None,
        };
        ItemRecord { doc_id: index, gold, choices: (0..4).map(choice).collect(), ..ItemRecord::default() }
    };
    let items: Vec<ItemRecord> = kind.items.clone().map(item).collect();
    let metrics = metric::evaluate(&["acc"], &items).unwrap();
    let inputs = UnitInputs {
        weights: format!("{} {}", checkpoint.branch, checkpoint.step),
        config: String::new(),
        tokenizer: String::new(),
        chat_template: None,
        task: kind.task.into(),
        task_definition: String::new(),
        data: kind.task.into(),
        shots: 0,
        perturb: kind.perturb.map(Into::into),
        precision: "f32".into(),
        dt_floor: "0".into(),
        scoring_version: 1,
    };
    let record = UnitRecord {
        key: String::new(),
        inputs,
        checkpoint: checkpoint.clone(),
        task: kind.task.into(),
        shots: 0,
        chance: Some(0.25),
        primary_metric: "acc".into(),
        metrics,
        items: items.len(),
        items_total: items.len(),
        truncated: 0,
        off_token_edge: 0,
        warnings: Vec::new(),
        chunks: Vec::new(),
        cost: crate::run::Cost::default(),
        finished: String::new(),
        version: String::new(),
    };
    Unit { record, items: Arc::new(items) }
}

fn phases(list: &[(Phase, u64)]) -> Vec<PhaseStart> {
    let start = |(phase, from_step): &(Phase, u64)| PhaseStart {
        phase: *phase,
        from_step: *from_step,
        from_tokens: from_step * TOKENS_PER_STEP,
    };
    list.iter().map(start).collect()
}

fn branch(name: &str, fork: Option<(&str, u64)>, steps: &[u64], of_phase: &[(Phase, u64)]) -> Branch {
    Branch {
        name: name.into(),
        fork: fork.map(|(branch, step)| Fork { branch: branch.into(), step, tokens: step * TOKENS_PER_STEP }),
        checkpoints: steps.iter().map(|&step| checkpoint(name, step)).collect(),
        log: TrainingLog::default(),
        phases: phases(of_phase),
    }
}

fn run(branches: Vec<Branch>, units: Vec<Unit>) -> Run {
    Run {
        name: "made up".into(),
        tree: RunTree { branches },
        units,
        superseded: Vec::new(),
        failures: Vec::new(),
        texts: Vec::new(),
        talks: Vec::new(),
        groups: Vec::new(),
        run_file: String::new(),
        generated: "2026-11-25T00:00:00Z".into(),
        version: "0".into(),
    }
}

const TRUNK: [(Phase, u64); 3] = [(Phase::Warmup, 0), (Phase::Decay, 60), (Phase::Stable, 1000)];
const ANNEAL: [(Phase, u64); 5] =
    [(Phase::Warmup, 0), (Phase::Decay, 60), (Phase::Stable, 1000), (Phase::Rewarm, 1100), (Phase::Anneal, 1125)];

/// The story of a small run: facts early, letters on the anneal only, and a branch on which the letters' items leaked.
fn story() -> Run {
    let trunk: Vec<u64> = (0..=14).map(|k| k * 100).collect();
    let anneal = [1150, 1200, 1250, 1300, 1350, 1400];
    let dirty = [700, 800, 900];
    let branches = vec![
        branch("trunk", None, &trunk, &TRUNK),
        branch("anneal", Some(("trunk", 1100)), &anneal, &ANNEAL),
        branch("dirty", Some(("trunk", 600)), &dirty, &TRUNK),
    ];
    let letters = kind("pilot_letters", true).of();
    let sibling = kind("pilot_letters_b", true).of();
    let facts = kind("pilot_facts_easy", false).of();
    let twin = Kind { perturb: Some("shuffle"), ..letters.clone() };
    let noise = |step: u64| [0.003, -0.004, 0.0, 0.002, -0.002][(step / 50 % 5) as usize];
    let mut units = Vec::new();
    for branch in &branches {
        for at in &branch.checkpoints {
            let learned = |late: f64| 0.25 + noise(at.step) + late;
            let annealed = match (branch.name.as_str(), at.step) {
                ("anneal", 1150 | 1200) => 0.0,
                ("anneal", 1250) => 0.2,
                ("anneal", _) => 0.6,
                _ => 0.0,
            };
            let leak = match (branch.name.as_str(), at.step) {
                ("dirty", 800) => 0.35,
                ("dirty", 900) => 0.7,
                _ => 0.0,
            };
            units.push(unit(&letters, at, learned(annealed + leak)));
            units.push(unit(&twin, at, learned(annealed)));
            units.push(unit(&sibling, at, learned(annealed)));
            units.push(unit(&facts, at, 0.25 + 0.7 * (at.step as f64 / 400.0).min(1.0)));
        }
    }
    run(branches, units)
}

impl Clone for KindOf {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

fn task<'a>(found: &'a Findings, name: &str) -> &'a TaskFindings {
    found.tasks.iter().find(|task| task.subject.title() == name).unwrap()
}

#[test]
fn the_story_is_told_with_its_numbers() {
    let found = findings(&story());
    let texts: Vec<&str> = found.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    for text in &texts {
        eprintln!("{text}");
    }
    for alarm in &found.alarms {
        eprintln!("{:?} {}", alarm.kind, alarm.sentence);
    }
    assert!((3..=7).contains(&texts.len()));
    assert!(texts[0].starts_with("pilot_letters on anneal emerged between 7.37 M and 7.68 M tokens"), "{}", texts[0]);
    assert!(texts[0].contains(", in the anneal"), "{}", texts[0]);
    assert!(texts[0].contains("binding one to the other came last"), "{}", texts[0]);
    let facts: Vec<&&str> = texts.iter().filter(|text| text.starts_with("pilot_facts_easy")).collect();
    assert_eq!(facts.len(), 1, "an onset in the shared trunk is one event: {facts:?}");
    assert!(texts.iter().any(|text| text.starts_with("The anneal on anneal added +6")), "{texts:#?}");
}
