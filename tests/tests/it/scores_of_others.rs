//! Result files of other programs than lm-evaluation-harness, and tables in Parquet.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ran, RunFolder, run};

/// The scores of a results folder: task, shots, step, items, chance, and each metric with its value.
fn scores(folder: &Path) -> Vec<(String, u64, u64, u64, Value, Vec<(String, f64)>)> {
    let units = walk(&folder.join("out/units"));
    let mut all: Vec<_> = units
        .into_iter()
        .map(|unit| {
            let text = |key: &str| unit[key].as_str().unwrap().to_owned();
            let metrics = unit["metrics"].as_array().unwrap().iter();
            let metrics = metrics.map(|own| (own["name"].as_str().unwrap().to_owned(), own["value"].as_f64().unwrap()));
            (
                text("task"),
                unit["shots"].as_u64().unwrap(),
                unit["checkpoint"]["step"].as_u64().unwrap(),
                unit["items"].as_u64().unwrap(),
                unit["chance"].clone(),
                metrics.collect(),
            )
        })
        .collect();
    all.sort_by(|a, b| (&a.0, a.1, a.2).cmp(&(&b.0, b.1, b.2)));
    all
}

fn walk(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else if path.ends_with("unit.json") {
            found.push(serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap());
        }
    }
    found
}

fn import(folder: &Path, files: &[(&str, Value)], pattern: &str) -> Ran {
    for (name, value) in files {
        let path = folder.join("in").join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, value.to_string()).unwrap();
    }
    run(folder, &["import", "in", "--out", "out", "--pattern", pattern, "--tokens-per-step", "1000000"])
}

fn lighteval(step: u64, acc: f64) -> Value {
    json!({
        "config_general": {"lighteval_sha": "0f1e", "model_name": "me/mine", "model_config": {"revision": format!("step{step}")}},
        "results": {
            "leaderboard|arc:challenge|25": {"acc": acc, "acc_stderr": 0.01, "acc_norm": acc + 0.02, "acc_norm_stderr": 0.01},
            "leaderboard|mmlu:anatomy|5": {"acc": 0.3, "acc_stderr": 0.04},
            "leaderboard|mmlu:virology|5": {"acc": 0.4, "acc_stderr": 0.04},
            "leaderboard|mmlu:_average|5": {"acc": 0.35, "acc_stderr": 0.03},
            "all": {"acc": 0.3},
        },
        "config_tasks": {
            "leaderboard|arc:challenge": {"original_num_docs": 1172, "effective_num_docs": 500},
            "leaderboard|mmlu:anatomy": {"original_num_docs": 135, "effective_num_docs": -1},
        },
    })
}

#[test]
fn files_of_lighteval() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("a/results_1.json", lighteval(1000, 0.25)), ("b/results_2.json", lighteval(2000, 0.31))];
    let ran = import(folder.path(), &files, "step{step}");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = scores(folder.path());
    let of = |task: &str| found.iter().filter(|score| score.0 == task).cloned().collect::<Vec<_>>();
    let arc = |step, acc: f64| {
        let metrics = vec![("acc".to_owned(), acc), ("acc_norm".to_owned(), acc + 0.02)];
        ("arc_challenge".to_owned(), 25, step, 500, json!(0.25), metrics)
    };
    assert_eq!(of("arc_challenge"), [arc(1000, 0.25), arc(2000, 0.31)]);
    let anatomy = &of("mmlu_anatomy")[0];
    assert_eq!((anatomy.1, anatomy.3, &anatomy.4), (5, 135, &json!(0.25)));
    assert_eq!(found.len(), 6, "sums of others are not tasks: {found:?}");
    let page = fs_err::read_to_string(folder.path().join("out/report/index.html")).unwrap();
    assert!(page.contains("mmlu · 5-shot"), "the subjects are one group");
}

#[test]
fn files_of_the_newer_lighteval_name_no_suite() {
    let folder = tempfile::tempdir().unwrap();
    let file = json!({
        "config_general": {"model_name": "me/mine-step10"},
        "results": {"hellaswag|0": {"acc": 0.3, "acc_stderr": 0.01}, "hellaswag|10": {"acc": 0.35, "acc_stderr": 0.01}},
        "config_tasks": {"hellaswag|0": {"effective_num_docs": 200}, "hellaswag|10": {"effective_num_docs": 200}},
    });
    let ran = import(folder.path(), &[("results_1.json", file)], "step{step}");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found: Vec<_> = scores(folder.path()).into_iter().map(|s| (s.0, s.1, s.2, s.3, s.5)).collect();
    let expected = |shots, acc| ("hellaswag".to_owned(), shots, 10, 200, vec![("acc".to_owned(), acc)]);
    assert_eq!(found, [expected(0, 0.3), expected(10, 0.35)]);
}

fn olmes(step: u64, score: f64) -> Value {
    json!({
        "task_name": "piqa", "num_instances": 1000,
        "model_config": {"model": "me/mine", "revision": format!("step{step}-tokens{step}M")},
        "task_config": {"num_shots": 5, "primary_metric": "acc_per_char", "metadata": {"alias": "piqa:mc::olmes"}},
        "metrics": {"acc_raw": 0.5, "acc_per_char": score, "primary_score": score, "extra": {"a": 1}},
    })
}

#[test]
fn files_of_olmes() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("a/task-000-piqa-metrics.json", olmes(10, 0.52)), ("b/task-000-piqa-metrics.json", olmes(20, 0.61))];
    let ran = import(folder.path(), &files, "step{step}-tokens{tokens}");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = scores(folder.path());
    let score = |step, value: f64| {
        let metrics = vec![("acc_norm".to_owned(), value), ("acc".to_owned(), 0.5)];
        ("piqa_letters".to_owned(), 5, step, 1000, json!(0.5), metrics)
    };
    assert_eq!(found, [score(10, 0.52), score(20, 0.61)]);
    let primary: Vec<_> = walk(&folder.path().join("out/units")).iter().map(|u| u["primary_metric"].clone()).collect();
    assert_eq!(primary, ["acc_norm", "acc_norm"], "the metric that OLMES calls its first");
}

fn inspect(step: u64, status: &str) -> Value {
    json!({
        "version": 2, "status": status,
        "eval": {"task": "inspect_evals/mmlu_0_shot", "model": "hf/me/mine", "dataset": {"samples": 300},
                 "model_args": {"model_path": format!("/runs/mine/checkpoint-{step}")}},
        "results": {"completed_samples": 280, "scores": [
            {"name": "choice", "metrics": {"accuracy": {"name": "accuracy", "value": 0.29}, "stderr": {"name": "stderr", "value": 0.027}}}]},
    })
}

#[test]
fn logs_of_inspect() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("2026-01-02T10-00-00_mmlu_A.json", inspect(10, "success")),
        ("2026-01-03T10-00-00_mmlu_B.json", inspect(20, "error")),
    ];
    fs_err::create_dir_all(folder.path().join("in")).unwrap();
    fs_err::write(folder.path().join("in/2026-01-04T10-00-00_mmlu_C.eval"), "PK").unwrap();
    let ran = import(folder.path(), &files, "checkpoint-{step}");
    assert_eq!(ran.code, Some(1), "one of the two is left out: {}", ran.stderr);
    assert!(ran.stderr.contains("is the log of a run that ended with `error`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("inspect log convert LOGS --to json"), "{}", ran.stderr);
    let found = scores(folder.path());
    assert_eq!(found, [("mmlu".to_owned(), 0, 10, 280, json!(0.25), vec![("acc".to_owned(), 0.29)])]);
}

#[test]
fn a_table_in_parquet_is_read_as_the_same_in_csv() {
    let folder = RunFolder::small();
    let swept = folder.run(&["sweep", "run.yaml", "--limit", "8"]);
    assert_eq!(swept.code, Some(0), "{}", swept.stderr);
    let front = |form: &str, file: &str| {
        let done = |arguments: &[&str]| {
            let ran = folder.run(arguments);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        };
        done(&["export", "run.yaml", "--to", form, "--out", "exported"]);
        done(&["import", &format!("exported/{file}"), "--out", form]);
        done(&["export", form, "--to", "csv", "--out", &format!("{form}-again")]);
        let text = fs_err::read_to_string(folder.path(&format!("{form}-again/scores.csv"))).unwrap();
        let without_key = |line: &str| line.rsplit_once(',').unwrap().0.to_owned(); // it holds the name of the file
        text.lines().map(without_key).collect::<Vec<_>>()
    };
    let read = front("csv", "scores.csv");
    assert!(read[1].starts_with("trunk,2100,,12902400,0.00105,stable,task,pilot,2,,acc,true,0.25,"), "{}", read[1]);
    let cells: Vec<&str> = read[1].rsplitn(3, ',').collect();
    assert!(cells[1] == "8" && cells[0].parse::<f64>().unwrap() > 0.2, "items and chance are read, too: {}", read[1]);
    assert_eq!(front("parquet", "scores.parquet"), read);
}

#[test]
fn a_table_that_names_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    // as LLM Foundry writes its results, and as tables of public runs name their branches
    let foundry = "Category,Benchmark,Subtask,Accuracy,Number few shot,Model\n\
                   world,arc_easy,,0.25,3-shot,me/run/ep0-ba100\nworld,arc_easy,,0.5,3-shot,me/run/ep0-ba200\n";
    let branches = "revision,mmlu/acc\nstage1-step100-tokens1B,0.25\nstage1-step200-tokens2B,0.4\n";
    for (name, text, pattern, task, shots) in [
        ("foundry.csv", foundry, "ba{step}", "arc_easy", 3),
        ("branches.csv", branches, "step{step}-tokens{tokens}", "mmlu", 0),
    ] {
        fs_err::write(folder.path().join(name), text).unwrap();
        let out = folder.path().join("out");
        let arguments = ["import", name, "--out", "out", "--pattern", pattern];
        let more: &[&str] = if task == "mmlu" { &[] } else { &["--tokens-per-step", "1000000"] };
        let ran = run(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let found: Vec<_> = scores(folder.path()).into_iter().map(|score| (score.0, score.1, score.2)).collect();
        assert_eq!(found, [(task.to_owned(), shots, 100), (task.to_owned(), shots, 200)]);
        fs_err::remove_dir_all(out).unwrap();
    }
    fs_err::write(folder.path().join("nothing.csv"), "model,mmlu/acc\na,0.3\n").unwrap();
    let ran = run(folder.path(), &["import", "nothing.csv", "--out", "out"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("`--pattern` where the step stands"), "{}", ran.stderr);
}
