//! The numbers of lm-evaluation-harness on the shipped tasks: the same model, the same documents, score for score.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::run;
use crate::shared::shared;

/// Two f32 programs on prompts of up to 3 000 tokens: each is within 1.8e-4 of the exact value where it was looked at.
const LOGLIKELIHOOD: f64 = 5e-4;

/// A folder with the model of the reference and the tokenizer it was used with; `None` without `../shared`.
fn model() -> Option<tempfile::TempDir> {
    let (weights, tokenizer) = (shared("tasks/golden/tiny_zamba2")?, shared("tokenizers/mistral_v1")?);
    let folder = tempfile::tempdir().unwrap();
    for from in [weights, tokenizer] {
        for entry in fs_err::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            fs_err::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    Some(folder)
}

/// Everything the two programs said of one task.
struct Unit {
    metrics: Value,
    items: Vec<Value>,
}

fn units(out: &Path) -> BTreeMap<String, Unit> {
    let mut units = BTreeMap::new();
    let mut todo: Vec<PathBuf> = vec![out.join("units")];
    while let Some(folder) = todo.pop() {
        let children: Vec<PathBuf> = fs_err::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        todo.extend(children.into_iter().filter(|child| child.is_dir()));
        let Ok(record) = fs_err::read_to_string(folder.join("unit.json")) else { continue };
        let record: Value = serde_json::from_str(&record).unwrap();
        let chunk = fs_err::read(folder.join("items-00000.jsonl.zst")).unwrap();
        let text = String::from_utf8(zstd::decode_all(&chunk[..]).unwrap()).unwrap();
        let items = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        units.insert(record["task"].as_str().unwrap().to_owned(), Unit { metrics: record["metrics"].clone(), items });
    }
    units
}

#[test]
fn scores_are_those_of_lm_eval() {
    let (Some(model), Some(golden), Some(data)) = (model(), shared("tasks/golden"), shared("benchmarks")) else {
        return;
    };
    let read = |name: &str| fs_err::read_to_string(golden.join(name)).unwrap();
    let results: Vec<Value> = serde_json::from_str(&read("run_results.json")).unwrap();
    let documents: Vec<Value> =
        read("loglikelihoods.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (mut compared, mut metrics) = (0, 0);
    // Of MMLU a part, to keep it quick.
    for (tasks, shots, limit) in [
        ("hellaswag,arc_easy", 0, "40"),
        ("arc_challenge", 25, "20"),
        ("mmlu_other", 5, "2"),
        ("mmlu_continuation", 0, "2"),
    ] {
        let out = model.path().join(tasks);
        let (model, data, out_text) =
            (model.path().display().to_string(), data.display().to_string(), out.display().to_string());
        let ran = run(
            &out.with_file_name(""),
            &[
                "score",
                "--model",
                &model,
                "--tasks",
                tasks,
                "--shots",
                &shots.to_string(),
                "--limit",
                limit,
                "--data",
                &data,
                "--out",
                &out_text,
            ],
        );
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        for (task, unit) in units(&out) {
            let theirs = results.iter().find(|run| run["shots"] == shots && run["results"].get(&task).is_some());
            let theirs = &theirs.unwrap_or_else(|| panic!("{task}"))["results"][&task];
            for metric in unit.metrics.as_array().unwrap() {
                let name = metric["name"].as_str().unwrap();
                let Some(value) = theirs.get(format!("{name},none")) else { continue };
                let near =
                    |ours: &Value, theirs: &Value| (ours.as_f64().unwrap() - theirs.as_f64().unwrap()).abs() < 1e-9;
                assert!(near(&metric["value"], value), "{task} {name}: {} against {value}", metric["value"]);
                assert!(near(&metric["stderr"], &theirs[format!("{name}_stderr,none")]), "{task} {name}");
                metrics += 1;
            }
            compared +=
                documents.iter().filter(|document| is_of(document, &task)).map(|d| same(d, &task, &unit)).count();
        }
    }
    assert!(compared > 100 && metrics > 80, "{compared} documents, {metrics} metrics");
}

/// Whether a document of the reference belongs to our task: there MMLU's subject stands apart.
fn is_of(document: &Value, task: &str) -> bool {
    let name = document["task"].as_str().unwrap();
    match (name, document["subject"].as_str()) {
        ("mmlu_continuation", Some(subject)) => format!("mmlu_{subject}_continuation") == task,
        (_, Some(subject)) => format!("{name}_{subject}") == task,
        (_, None) => name == task,
    }
}

fn same(document: &Value, task: &str, unit: &Unit) {
    let item = unit.items.iter().find(|item| item["doc_id"] == document["doc_id"]).unwrap();
    assert_eq!(item["gold"], document["gold"], "{task}");
    let (choices, lls) = (item["choices"].as_array().unwrap(), document["lls"].as_array().unwrap());
    assert_eq!(choices.len(), lls.len(), "{task}");
    for (choice, (ll, greedy)) in choices.iter().zip(lls.iter().zip(document["is_greedy"].as_array().unwrap())) {
        let (ours, theirs) = (choice["logprob"].as_f64().unwrap(), ll.as_f64().unwrap());
        assert!((ours - theirs).abs() < LOGLIKELIHOOD, "{task} {}: {ours} against {theirs}", document["doc_id"]);
        assert_eq!(choice["is_greedy"], *greedy, "{task}");
    }
}
