//! What a page may say: simulated curves and whole pages of eight tasks with known truth (`data/claims.json`).
#![expect(clippy::unwrap_used, reason = "a test that cannot read its vectors has failed")]

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use spyglass_dashboards::alarms::{AlarmKind, LettersVerdict, letters};
use spyglass_dashboards::analysis::*;
use spyglass_dashboards::findings::{Findings, findings};
use spyglass_dashboards::run::{
    Branch, Checkpoint, Fork, Phase, PhaseStart, Run, RunTree, TrainingLog, Unit, UnitRecord,
};
use spyglass_dashboards::series::{BranchGain, GrowthClaim, together};
use spyglass_tasks::{ChoiceRecord, ItemRecord, metric};

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/claims.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn tokens(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect()
}

/// A row of `n` right or wrong items, the first in the highest bit.
fn bits(hex: &Value, n: usize) -> Vec<f64> {
    let digits: Vec<u32> = hex.as_str().unwrap().chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    let spare = digits.len() * 4 - n;
    let bit = |k: usize| f64::from(digits[k / 4] >> (3 - k % 4) & 1);
    (spare..spare + n).map(bit).collect()
}

fn sample(input: &Value) -> Sample<'static> {
    let n = input["n"].as_u64().unwrap() as usize;
    let rows = input["items_hex"].as_array().unwrap().iter().map(|row| Cow::Owned(bits(row, n)));
    Sample::Items { rows: rows.collect(), clusters: None }
}

/// Letters as places in the alphabet.
fn places(text: &Value) -> Vec<usize> {
    text.as_str().unwrap().bytes().map(|letter| usize::from(letter - b'A')).collect()
}

fn is_there(status: &Value) -> bool {
    ["emerged", "above", "above_at_first", "lost"].contains(&status.as_str().unwrap())
}

fn answer(function: &str, input: &Value) -> Value {
    let number = |key: &str| input[key].as_f64().unwrap();
    match function {
        "growth_contrast" => {
            let tokens = tokens(&input["tokens"]);
            let found = growth(&tokens, &sample(input), 0..tokens.len(), number("wobble")).unwrap();
            json!({"per_doubling": found.per_doubling, "se": found.se, "p": found.p, "p_steady": found.p_steady})
        }
        "onset_two_regimes" => {
            let score = numbers(&input["score"]);
            let found = onset(&Curve {
                tokens: tokens(&input["tokens"]),
                noise: Noise::Items(vec![number("n"); score.len()]),
                score,
                chance: number("chance"),
                delta: None,
                item_diff_var: input["item_diff_var"].as_array().map(|_| numbers(&input["item_diff_var"])),
            });
            let scale = found.scale.unwrap();
            json!({"status": found.status, "level": scale.level, "wobble_before": scale.wobble,
                "wobble_after": scale.wobble_after, "after": found.after(), "by": found.by()})
        }
        "now" => {
            let tokens = tokens(&input["tokens"]);
            let found = window_gain(&tokens, &sample(input), 0..tokens.len(), number("wobble")).unwrap();
            json!({"verdict": found.trend(number("z")), "gain": found.gain, "se": found.se})
        }
        "letters_alarm" => {
            let found = letters(&places(&input["predicted"]), &places(&input["gold"]), 4).unwrap();
            let verdict = found.verdict(is_there(&input["onset_status"]));
            json!({"alarm": verdict == LettersVerdict::Alarm, "note": verdict == LettersVerdict::Note})
        }
        "gains_of_a_page" => {
            let (gain, se) = (numbers(&input["gain"]), numbers(&input["se"]));
            let intervals: Vec<(f64, f64)> =
                gain.iter().zip(&se).map(|(g, se)| together(*g, *se, gain.len())).collect();
            let is_said = |k: &usize| intervals[*k].0 > 0.0 || intervals[*k].1 < 0.0;
            let said: Vec<usize> = (0..gain.len()).filter(is_said).collect();
            json!({"z": (intervals[0].1 - gain[0]) / se[0], "said": said, "intervals": intervals})
        }
        other => panic!("no function `{other}`"),
    }
}

/// Whether two values agree to `tolerance`, relative or absolute.
fn agree(found: &Value, wanted: &Value, tolerance: f64) -> bool {
    match (found, wanted) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= tolerance * 1.0_f64.max(a.abs()).max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) => {
            b.iter().all(|(key, b)| a.get(key).is_some_and(|a| agree(a, b, tolerance)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn every_claim_has_its_numbers() {
    let golden = vectors();
    let tolerance = golden["tolerance"].as_f64().unwrap();
    let cases = golden["cases"].as_array().unwrap();
    for case in cases {
        let found = answer(case["function"].as_str().unwrap(), &case["input"]);
        assert!(agree(&found, &case["expected"], tolerance), "{}: {found}\n{}", case["name"], case["expected"]);
    }
    assert_eq!(cases.len(), 24);
}

/// An item of four options that is right where the bit says so; of a lettered task it answers `preferred` where it is wrong.
fn item(doc_id: usize, right: bool, letters: Option<(usize, usize)>) -> ItemRecord {
    let (gold, preferred) = letters.unwrap_or((doc_id * 7 % 4, (doc_id * 7 + 1 + doc_id % 3) % 4));
    let best = match right {
        true => gold,
        false if preferred == gold => (gold + 1) % 4,
        false => preferred,
    };
    let size = if letters.is_some() { 1 } else { 9 + doc_id % 5 };
    let choice = |k: usize| ChoiceRecord {
        logprob: if k == best { -0.4 } else { -1.9 - k as f64 * 0.01 } - doc_id as f64 * 1e-6,
        tokens: if letters.is_some() { 1 } else { 3 },
        chars: size,
        bytes: size,
        ..ChoiceRecord::default()
    };
    ItemRecord { doc_id, gold, choices: (0..4).map(choice).collect(), ..ItemRecord::default() }
}

fn unit(checkpoint: &Checkpoint, task: &str, items: Vec<ItemRecord>) -> Unit {
    let metrics = metric::evaluate(&["acc"], &items).unwrap();
    let record: UnitRecord = serde_json::from_value(json!({
        "key": "k", "task": task, "shots": 0, "chance": 0.25, "primary_metric": "acc", "items": items.len(),
        "items_total": items.len(), "checkpoint": checkpoint, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "inputs": {"weights": format!("{} {}", checkpoint.branch, checkpoint.step), "config": "c", "tokenizer": "t",
            "chat_template": null, "task": task, "task_definition": "d", "data": task, "shots": 0, "perturb": null,
            "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "metrics": metrics, "cost": {"seconds": 1.0, "tokens_computed": 1, "tokens_requested": 1},
        "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
    }))
    .unwrap();
    Unit { record, items: Arc::new(items) }
}

/// The run behind a page.
fn run(page: &Value) -> Run {
    let n = page["n"].as_u64().unwrap() as usize;
    let fork_of = |branch: &Value| branch["fork"].as_u64();
    let mut units = Vec::new();
    let branches = page["branches"].as_array().unwrap().iter().map(|branch| {
        let name = branch["name"].as_str().unwrap();
        let checkpoint = |&tokens: &u64| Checkpoint {
            branch: name.into(),
            step: tokens / 1_000_000,
            variant: None,
            tokens,
            learning_rate: None,
            location: String::new(),
        };
        let checkpoints: Vec<Checkpoint> = tokens(&branch["tokens"]).iter().map(checkpoint).collect();
        for (task, rows) in page["items_hex"][name].as_object().unwrap() {
            let letters = page.get("gold").map(|gold| (places(&gold[task]), places(&page["predicted_last"][task])));
            for (at, row) in checkpoints.iter().zip(rows.as_array().unwrap()) {
                let right = bits(row, n);
                let letter = |k: usize| letters.as_ref().map(|(gold, predicted)| (gold[k], predicted[k]));
                let items = (0..n).map(|k| item(k, right[k] > 0.5, letter(k))).collect();
                units.push(unit(at, task, items));
            }
        }
        let start = |phase, tokens: u64| PhaseStart { phase, from_step: tokens / 1_000_000, from_tokens: tokens };
        Branch {
            name: name.into(),
            fork: fork_of(branch).map(|tokens| Fork { branch: "trunk".into(), step: tokens / 1_000_000, tokens }),
            checkpoints,
            log: TrainingLog::default(),
            phases: fork_of(branch)
                .map_or_else(Vec::new, |fork| vec![start(Phase::Stable, 0), start(Phase::Anneal, fork)]),
        }
    });
    let tree = RunTree { branches: branches.collect(), ..RunTree::default() };
    Run {
        name: "simulated".into(),
        tree,
        units,
        generated: "2026-11-25T00:00:00Z".into(),
        version: "0".into(),
        ..Run::default()
    }
}

/// Everything that is claimed of a page's tasks, each kind with the task's number.
fn claimed(found: &Findings) -> BTreeSet<(String, usize)> {
    let mut claims = BTreeSet::new();
    for (index, task) in found.tasks.iter().enumerate() {
        let mut claim = |kind: &str, is: bool| is.then(|| claims.insert((kind.to_owned(), index)));
        let status = task.paths[0].onset.as_ref().unwrap().status;
        claim("onset", matches!(status, Status::Emerged | Status::Lost));
        claim("at_first", matches!(status, Status::AboveAtFirst | Status::Above));
        claim("growth", task.claim == Some(GrowthClaim::Steady));
        claim("risen", task.claim == Some(GrowthClaim::Risen));
        claim("above_guessing", task.is_above_guessing);
        claim("gain", task.gains.iter().any(BranchGain::is_clear));
        claim("hops", task.paths.iter().any(|path| path.hops.as_ref().is_some_and(|hops| !hops.falls.is_empty())));
        claim("rise: sharp", task.paths[0].sharpness.verdict == Shape::Sharp);
        claim("rise: smooth", task.paths[0].sharpness.verdict == Shape::Smooth);
        claim("now: anything", task.paths[0].trend != Trend::Unknown);
        claim("now: saturated", task.paths[0].trend == Trend::NoGain);
        let alarm = |kind| found.alarms.iter().any(|a| a.kind == kind && a.place.task == Some(task.subject.title()));
        claim("regressed", alarm(AlarmKind::Regressed));
        claim("lone_jump", alarm(AlarmKind::LoneJump));
        claim("letters", alarm(AlarmKind::Letters));
    }
    claims
}

#[test]
fn whole_pages_say_what_is_true_and_nothing_else() {
    let golden = vectors();
    let pages = golden["pages"].as_array().unwrap();
    for page in pages {
        let name = page["name"].as_str().unwrap();
        let found = findings(&run(page));
        let text: String = found.sentences.iter().map(|sentence| sentence.text.clone() + "\n").collect();
        for (task, wanted) in found.tasks.iter().zip(page["onset"].as_array().unwrap()) {
            let onset = task.paths[0].onset.as_ref().unwrap();
            let level = onset.scale.unwrap().level;
            let got = json!({"status": onset.status, "after": onset.after(), "by": onset.by(), "level": level});
            assert!(agree(&got, wanted, 1e-9), "{name}, {}: {got} is not {wanted}", task.subject.title());
        }
        let claims = claimed(&found);
        for never in page["must_not_say"].as_array().unwrap() {
            let never = never.as_str().unwrap();
            assert!(!claims.iter().any(|(kind, _)| kind == never), "{name}: {never}: {claims:?}");
            assert!(!text.contains(never), "{name}: {text}");
        }
        let mut wanted = BTreeSet::new();
        for said in page["says"].as_array().unwrap() {
            let kind = said[0].as_str().unwrap().to_owned();
            let tasks = said[1].as_array().map_or_else(|| vec![&said[1]], |tasks| tasks.iter().collect());
            wanted.extend(tasks.into_iter().map(|task| (kind.clone(), task.as_u64().unwrap() as usize)));
        }
        let noted = wanted.iter().any(|(kind, _)| kind == "note: letters");
        let note = "8 lettered tasks are answered with one letter (A): usual before letters are learned";
        assert_eq!(found.notes.iter().any(|told| told == note), noted, "{name}: {:?}", found.notes);
        wanted.retain(|(kind, _)| kind != "note: letters");
        let kinds = [
            "onset",
            "at_first",
            "growth",
            "risen",
            "above_guessing",
            "gain",
            "hops",
            "regressed",
            "lone_jump",
            "letters",
        ];
        let claims: BTreeSet<_> = claims.into_iter().filter(|(kind, _)| kinds.contains(&kind.as_str())).collect();
        assert_eq!(claims, wanted, "{name}\n{text}");
        assert!(
            found.mean_gains.iter().all(|mean| mean.gain.interval.0 <= 0.0 && mean.gain.interval.1 >= 0.0),
            "{name}"
        );
    }
    assert_eq!(pages.len(), 12);
}
