//! Prompts, few-shot draws and cleaning against the golden files of lm-evaluation-harness and CPython.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/shared.rs"]
mod shared;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use serde_json::Value;
use spyglass_tasks::python::Random;
use spyglass_tasks::{Catalogue, Items, sha256_hex};

use shared::shared;

/// Where the golden files lie that are small and ours.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden")
}

fn lines(path: &Path) -> Vec<Value> {
    fs_err::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[test]
fn every_golden_prompt_is_equal() {
    let (Some(golden), Some(benchmarks)) = (shared("tasks/golden"), shared("benchmarks")) else { return };
    let expected = lines(&golden.join("prompts.jsonl"));
    let mut needed: HashMap<(String, usize), usize> = HashMap::new();
    let leaf = |line: &Value| match (line["task"].as_str().unwrap(), line["subject"].as_str()) {
        ("mmlu", Some(subject)) => format!("mmlu_{subject}"),
        ("mmlu_continuation", Some(subject)) => format!("mmlu_{subject}_continuation"),
        (task, _) => task.to_owned(),
    };
    for line in &expected {
        let limit = needed.entry((leaf(line), number(&line["shots"]))).or_default();
        *limit = (*limit).max(number(&line["doc_id"]) + 1);
    }
    let catalogue = Catalogue::shipped().unwrap();
    let data = [benchmarks];
    let items: HashMap<(String, usize), Items> = needed
        .into_iter()
        .map(|((name, shots), limit)| {
            let selection = catalogue.select(&name).unwrap();
            let task = selection.leaves.into_iter().next().unwrap().with_shots(shots);
            assert_eq!(task.name, name);
            let items = task.items(&data, Some(limit)).unwrap();
            assert!(items.bad_rows.is_empty(), "{:?}", items.bad_rows);
            ((name, shots), items)
        })
        .collect();
    for line in &expected {
        let key = (leaf(line), number(&line["shots"]));
        let item = &items[&key].items[number(&line["doc_id"])];
        let place = format!("{key:?}, document {}", line["doc_id"]);
        if let Some(prompt) = line["prompt"].as_str() {
            assert_eq!(item.context(), prompt, "{place}");
        }
        assert_eq!(sha256_hex(item.context().as_bytes()), line["prompt_sha256"].as_str().unwrap(), "{place}");
        let continuations: Vec<&str> =
            line["continuations"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        assert_eq!(item.continuations(), continuations, "{place}");
        assert_eq!(item.gold, number(&line["gold"]), "{place}");
        assert_eq!(item.choices.len(), number(&line["n_choices"]), "{place}");
        assert_eq!(item.subject.as_deref(), line["subject"].as_str(), "{place}");
    }
    assert_eq!(expected.len(), 717);
}

#[test]
fn hellaswag_is_cleaned_as_upstream() {
    let expected = lines(&golden().join("hellaswag_preprocess.jsonl"));
    let folder = tempfile::tempdir().unwrap();
    let rows: String = expected
        .iter()
        .map(|line| {
            let mut row = line.as_object().unwrap().clone();
            row.retain(|column, _| !["query", "choices", "gold"].contains(&column.as_str()));
            Value::from(row).to_string()
        })
        .collect::<Vec<_>>()
        .join("\n");
    fs_err::create_dir(folder.path().join("hellaswag")).unwrap();
    fs_err::write(folder.path().join("hellaswag/validation.jsonl"), rows).unwrap();
    let task = Catalogue::shipped().unwrap().select("hellaswag").unwrap().leaves.remove(0);
    // Most rows hold an ending that is nothing but a marker: refused as an item, but cleaned all the same.
    let processed = task.processed(&[folder.path().to_owned()]).unwrap();
    assert_eq!(processed.len(), expected.len());
    for (row, line) in processed.iter().zip(&expected) {
        for column in ["query", "choices", "gold"] {
            assert_eq!(row[column], line[column], "{line}");
        }
    }
}

#[test]
fn random_is_cpythons() {
    let expected: Value = serde_json::from_slice(&fs_err::read(golden().join("random_sample.json")).unwrap()).unwrap();
    for generator in expected.as_array().unwrap() {
        let seed = generator["seed"].as_u64().unwrap();
        let mut random = Random::new(seed);
        for word in generator["getrandbits32"].as_array().unwrap() {
            assert_eq!(random.getrandbits(32), word.as_u64().unwrap(), "seed {seed}");
        }
        let mut random = Random::new(seed);
        for float in generator["random"].as_array().unwrap() {
            assert_eq!(random.random().to_bits(), float.as_f64().unwrap().to_bits(), "seed {seed}");
        }
        for sample in generator["sample"].as_array().unwrap() {
            let (n, k) = (number(&sample["n"]), number(&sample["k"]));
            let mut random = Random::new(seed);
            for draw in sample["draws"].as_array().unwrap() {
                let draw: Vec<usize> = draw.as_array().unwrap().iter().map(number).collect();
                assert_eq!(random.sample(n, k).unwrap(), draw, "seed {seed}, {k} of {n}");
            }
        }
    }
}

#[test]
fn hashes_are_those_of_samples_files() {
    let (Some(golden), Some(benchmarks)) = (shared("tasks/golden/format"), shared("benchmarks")) else { return };
    let task = Catalogue::shipped().unwrap().select("hellaswag").unwrap().leaves.remove(0);
    let items = task.items(&[benchmarks], Some(40)).unwrap().items;
    let samples = fs_err::read_dir(&golden).unwrap().map(|entry| entry.unwrap().path());
    let samples = samples.into_iter().find(|path| path.display().to_string().contains("samples_hellaswag")).unwrap();
    for line in lines(&samples) {
        let item = &items[number(&line["doc_id"])];
        assert_eq!(Value::from((*item.doc).clone()), line["doc"]);
        assert_eq!(item.doc_hash(), line["doc_hash"].as_str().unwrap());
        assert_eq!(item.prompt_hash(), line["prompt_hash"].as_str().unwrap());
        assert_eq!(item.target_hash(), line["target_hash"].as_str().unwrap());
        assert_eq!(item.target, line["target"].as_str().unwrap());
    }
    // The whole run's hash, as in the results file beside it.
    assert_eq!(spyglass_tasks::task_hash(&items), "5666de2dbb8717b094a6c517930548e6ca13b80b2b12b69410caff169938fcf0");
}

#[test]
#[expect(clippy::print_stderr, reason = "the seconds are worth a look")]
fn all_of_mmlu_is_built_in_seconds() {
    let Some(benchmarks) = shared("benchmarks") else { return };
    let start = Instant::now();
    let leaves = Catalogue::shipped().unwrap().select("mmlu").unwrap().leaves;
    assert_eq!(leaves.len(), 57);
    let data = [benchmarks];
    let counts: Vec<usize> = leaves
        .into_par_iter()
        .map(|leaf| {
            let items = leaf.with_shots(5).items(&data, None).unwrap();
            assert_eq!(items.chance, Some(0.25));
            items.items.len()
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 14_042);
    eprintln!("MMLU, 5 shots: {:.1} s", start.elapsed().as_secs_f64());
}
