//! How large and how quick a report is: `cargo run --release -p spyglass-dashboards --example large_report OUT`.
//!
//! A made-up run of 200 checkpoints × 60 tasks with item records and 100 prompts becomes a report in OUT; size, time, and when its
//! front page is interactive in headless Chromium are printed beside their goals.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use fs_err as fs;
use miette::{IntoDiagnostic, Result, miette};
use serde_json::{from_value, json};
use spyglass_dashboards::report;
use spyglass_dashboards::run::{
    Branch, Checkpoint, Fork, ItemText, LogEntry, PackUnit, Phase, PhaseStart, Run, RunTree, TaskTexts, TrainingLog,
    Unit, UnitRecord,
};
use spyglass_tasks::vibes::{Stop, Transcript, TurnRecord, Verdict};
use spyglass_tasks::{ChoiceRecord, ItemRecord, metric};

const CHECKPOINTS: u64 = 200;
const TASKS: usize = 60;
const ITEMS: usize = 100;
const PROMPTS: usize = 100;
const TOKENS_PER_STEP: u64 = 4_000_000;
const STEPS: u64 = 1_000;

/// Says when the page that holds it was interactive and loaded, in milliseconds after its start.
const CLOCK: &str = "addEventListener('load', () => setTimeout(() => { const t = performance.timing; document.title = \
    `clock ${t.domContentLoadedEventEnd - t.navigationStart} ${t.loadEventEnd - t.navigationStart}`; }));\n";

#[expect(clippy::print_stdout, reason = "the figures are this program's answer")]
fn main() -> Result<()> {
    let out = std::env::args().nth(1).ok_or_else(|| miette!("name the folder to write"))?;
    let run = made_up()?;
    let start = Instant::now();
    let index = report::write(&run, Path::new(&out))?;
    let seconds = start.elapsed().as_secs_f64();
    let page = fs::metadata(&index).into_diagnostic()?.len();
    let (bytes, files) = size_of(Path::new(&out))?;
    println!("{CHECKPOINTS} checkpoints × {TASKS} tasks × {ITEMS} items, {PROMPTS} prompts");
    println!("report written in   {seconds:.2} s (goal 5)");
    println!("front page          {:.3} MB (goal 1)", page as f64 / 1e6);
    println!("whole folder        {:.1} MB in {files} files (goal 100)", bytes as f64 / 1e6);
    match interactive(&index)? {
        Some((ready, loaded)) => println!("front page is ready in {ready} ms (goal 1000), loaded in {loaded} ms"),
        None => println!("front page was not opened: there is no `chromium` here"),
    }
    Ok(())
}

/// Bytes and files under a folder.
fn size_of(folder: &Path) -> Result<(u64, usize)> {
    let mut total = (0, 0);
    for entry in fs::read_dir(folder).into_diagnostic()? {
        let path = entry.into_diagnostic()?.path();
        let (bytes, files) =
            if path.is_dir() { size_of(&path)? } else { (fs::metadata(&path).into_diagnostic()?.len(), 1) };
        total = (total.0 + bytes, total.1 + files);
    }
    Ok(total)
}

/// Milliseconds until a copy of the page with a clock in it is interactive and loaded: the best of three openings.
fn interactive(index: &Path) -> Result<Option<(u64, u64)>> {
    let html = fs::read_to_string(index).into_diagnostic()?;
    let (page, clock) = (index.with_file_name("timed.html"), index.with_file_name("timed.js"));
    fs::write(&page, html.replacen("</body>", "<script src=\"timed.js\"></script></body>", 1)).into_diagnostic()?;
    fs::write(&clock, CLOCK).into_diagnostic()?;
    let mut best: Option<(u64, u64)> = None;
    for _ in 0..3 {
        let url = format!("file://{}", fs::canonicalize(&page).into_diagnostic()?.display());
        let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--timeout=20000", &url];
        let Ok(output) = Command::new("chromium").args(arguments).output() else { break };
        let dom = String::from_utf8_lossy(&output.stdout);
        let clock = dom.split("<title>clock ").nth(1).and_then(|rest| rest.split('<').next());
        let times: Vec<u64> = clock.unwrap_or_default().split(' ').filter_map(|word| word.parse().ok()).collect();
        if let [ready, loaded] = times[..] {
            best = Some(best.map_or((ready, loaded), |best| best.min((ready, loaded))));
        }
    }
    fs::remove_file(page).into_diagnostic()?;
    fs::remove_file(clock).into_diagnostic()?;
    Ok(best)
}

fn made_up() -> Result<Run> {
    let mut checkpoints: Vec<Checkpoint> = (1..=CHECKPOINTS).map(|k| checkpoint(k * STEPS)).collect();
    let entry = |step: u64| LogEntry {
        step,
        tokens: Some(step * TOKENS_PER_STEP),
        learning_rate: Some(3e-3 * (1.0 - step as f64 / (CHECKPOINTS * STEPS) as f64)),
        loss: Some(2.0 + 8.0 / (1.0 + step as f64 / 500.0)),
        ..LogEntry::default()
    };
    // The last quarter lies on two branches that leave the trunk at one place: pairs to compare, as runs with anneals have them.
    let mut leaving = checkpoints.split_off(CHECKPOINTS as usize * 3 / 4);
    let other = leaving.split_off(leaving.len() / 2);
    let fork = checkpoints.last().map(|at| Fork { branch: "trunk".into(), step: at.step, tokens: at.tokens });
    let branch = |name: &str, checkpoints: Vec<Checkpoint>| Branch {
        name: name.into(),
        fork: fork.clone(),
        checkpoints: checkpoints.into_iter().map(|at| Checkpoint { branch: name.into(), ..at }).collect(),
        log: TrainingLog::default(),
        phases: Vec::new(),
    };
    let branches = [branch("anneal", leaving), branch("anneal-code", other)];
    let trunk = Branch {
        name: "trunk".into(),
        fork: None,
        log: TrainingLog { entries: (0..CHECKPOINTS * STEPS).step_by(100).map(entry).collect() },
        phases: vec![PhaseStart { phase: Phase::Stable, from_step: 0, from_tokens: 0 }],
        checkpoints,
    };
    let all: Vec<Branch> = [trunk].into_iter().chain(branches).collect();
    let mut units = Vec::new();
    for task in 0..TASKS {
        for checkpoint in all.iter().flat_map(|branch| &branch.checkpoints) {
            units.push(unit(task, checkpoint)?);
        }
    }
    let packs = all.iter().flat_map(|branch| &branch.checkpoints).map(pack).collect::<Result<_>>()?;
    Ok(Run {
        name: "large run".into(),
        units,
        packs,
        texts: (0..TASKS).map(texts).collect(),
        tree: RunTree { branches: all, ..RunTree::default() },
        run_file: "name: large run\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Run::default()
    })
}

fn checkpoint(step: u64) -> Checkpoint {
    let location = format!("trunk/checkpoint-{step}");
    let tokens = step * TOKENS_PER_STEP;
    Checkpoint { branch: "trunk".into(), step, variant: None, tokens, learning_rate: None, location }
}

fn name(task: usize) -> String {
    format!("made_up_subject_{task}")
}

/// Every sixth task has item groups.
fn texts(task: usize) -> TaskTexts {
    let text = |doc_id: usize| ItemText {
        doc_id,
        subject: task.is_multiple_of(6).then(|| format!("group {}", doc_id % 4)),
        context: format!(
            "Question {doc_id} of {task}: which of these is the right one, and why is it not another?\nAnswer:"
        ),
        choices: ["A", "B", "C", "D"].map(String::from).into(),
    };
    TaskTexts { task: name(task), shots: 0, perturb: None, items: Arc::new((0..ITEMS).map(text).collect()) }
}

/// Half of the tasks are lettered; each emerges somewhere, and each item has its luck.
fn unit(task: usize, checkpoint: &Checkpoint) -> Result<Unit> {
    let (at, middle) = (checkpoint.step as f64 / STEPS as f64, 20.0 + 3.0 * task as f64);
    let skill = 1.0 / (1.0 + ((middle - at) / 6.0).exp());
    let width = if task.is_multiple_of(2) { 1 } else { 9 };
    let item = |doc_id: usize| {
        let luck = ((doc_id * 7919 + task * 31) % 101) as f64 / 101.0;
        let noise = ((doc_id as u64 * 31 + checkpoint.step * 17) % 89) as f64 / 89.0;
        let gold = doc_id % 4;
        let best = if luck + 0.1 * noise < 0.27 + 0.7 * skill { gold } else { (gold + 1 + doc_id % 3) % 4 };
        let choice = |choice: usize| ChoiceRecord {
            logprob: if choice == best { -0.5 - 0.3 * noise } else { -2.0 - noise - choice as f64 * 0.1 },
            is_greedy: choice == best,
            tokens: 1,
            chars: width,
            bytes: width,
            ..ChoiceRecord::default()
        };
        ItemRecord { doc_id, gold, choices: (0..4).map(choice).collect(), ..ItemRecord::default() }
    };
    let items: Vec<ItemRecord> = (0..ITEMS).map(item).collect();
    let metrics = metric::evaluate(&["acc"], &items).into_diagnostic()?;
    Ok(Unit { record: record(&name(task), checkpoint, ITEMS, &json!(metrics))?, items: Arc::new(items) })
}

fn pack(checkpoint: &Checkpoint) -> Result<PackUnit> {
    let talk = |prompt: usize| {
        let passed = checkpoint.step as usize > prompt * STEPS as usize;
        let verdict = Verdict {
            check: "icontains".into(),
            passed,
            score: f64::from(u8::from(passed)),
            weight: 1.0,
            expected: "`arr` somewhere".into(),
            actual: "nothing of it".into(),
        };
        let turn = |k: usize| TurnRecord {
            user: format!("Turn {k}: tell me about the sea and the weather of the day, please."),
            reply: format!("The sea was {} at step {}, {}", k, checkpoint.step, "and the wind was rising ".repeat(4)),
            stop: Stop::EndToken,
            verdicts: vec![verdict.clone()],
            ..TurnRecord::default()
        };
        Transcript {
            pack: "sea".into(),
            prompt: format!("prompt {prompt}"),
            turns: (0..2).map(turn).collect(),
            passed: Some(passed),
            score: Some(f64::from(u8::from(passed))),
            ..Transcript::default()
        }
    };
    let transcripts: Vec<Transcript> = (0..PROMPTS).map(talk).collect();
    Ok(PackUnit { record: record("sea", checkpoint, PROMPTS, &json!([]))?, transcripts: Arc::new(transcripts) })
}

fn record(task: &str, checkpoint: &Checkpoint, items: usize, metrics: &serde_json::Value) -> Result<UnitRecord> {
    from_value(json!({
        "key": format!("{task} {}", checkpoint.step), "task": task, "shots": 0, "chance": 0.25, "primary_metric": "acc",
        "items": items, "items_total": items, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "inputs": {"weights": "", "config": "", "tokenizer": "", "chat_template": null, "task": task, "task_definition": "",
            "data": task, "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": checkpoint, "metrics": metrics,
        "cost": {"seconds": 1.0, "tokens_computed": 9000, "tokens_requested": 30_000},
        "finished": "2026-11-24T00:00:00Z", "version": "0.1.0",
    }))
    .into_diagnostic()
}
