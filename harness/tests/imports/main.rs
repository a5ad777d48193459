//! Results of lm-evaluation-harness as its users have them: groups, samples, other programs' files beside, broken ones.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod groups;
mod refused;

use std::path::Path;

use serde_json::{Value, json};
use spyglass::{ImportOptions, Imported, ScoreRow, Store, Suite, gather, import_lm_eval, score_rows, write_lm_eval};
use spyglass_dashboards::findings::{Findings, findings};
use spyglass_dashboards::run::Run;

/// A results file of these tasks; steps are in hundreds.
fn results(index: usize, tasks: &Value, more: &Value) -> Value {
    let names: Vec<&String> = tasks.as_object().unwrap().keys().collect();
    let samples: Value = names.iter().map(|name| ((*name).clone(), json!({"original": 60, "effective": 60}))).collect();
    let mut file = json!({
        "results": tasks, "n-samples": samples, "n-shot": {}, "configs": {}, "group_subtasks": {},
        "config": {"model": "hf", "model_args": format!("pretrained=runs/z/checkpoint-{},dtype=float32", (index + 1) * 100)},
        "date": 1_767_225_600 + index, "lm_eval_version": "0.4.8",
    });
    for (key, value) in more.as_object().unwrap() {
        file[key] = value.clone();
    }
    file
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::create_dir_all(self.path().join("in")).unwrap();
        fs_err::write(self.path().join("in").join(name), text).unwrap();
    }

    /// One file a checkpoint.
    fn of(files: &[Value]) -> Self {
        let folder = Self::new();
        for (index, file) in files.iter().enumerate() {
            folder.write(&format!("results_{index}.json"), &file.to_string());
        }
        folder
    }

    fn import(&self) -> spyglass::Result<Imported> {
        let store = Store::create(&self.path().join("out")).unwrap();
        let options = ImportOptions {
            name: "z".into(),
            branch: "trunk".into(),
            pattern: "checkpoint-{step}".into(),
            tokens_per_step: Some(1000),
        };
        import_lm_eval(&self.path().join("in"), &options, &store)
    }

    /// The run as report and export see it.
    fn run(&self) -> (Imported, Run) {
        let imported = self.import().unwrap();
        let store = Store::open(&self.path().join("out"));
        let snapshot = store.snapshot().unwrap().unwrap();
        let gathered = gather(&store, snapshot).unwrap();
        assert!(gathered.damaged.is_empty());
        (imported, gathered.run)
    }
}

fn scores<'r>(rows: &'r [ScoreRow], task: &str) -> Vec<&'r ScoreRow> {
    rows.iter().filter(|row| row.task == task).collect()
}

fn said(findings: &Findings, words: &str) -> bool {
    findings.sentences.iter().map(|sentence| &sentence.text).chain(&findings.notes).any(|text| text.contains(words))
}

#[test]
fn without_items_chance_is_unknown_and_no_onset_is_told() {
    let tasks = json!({"arc_easy": {"acc,none": 0.2505, "acc_stderr,none": 0.0089}, "my_mc": {"acc,none": 0.2505, "acc_stderr,none": 0.0089},
        "hellaswag": {"acc,none": 0.2505, "acc_stderr,none": 0.004}, "gsm8k": {"exact_match,strict": 0.2, "exact_match,flexible": 0.3}});
    let (_, run) = Folder::of(&[0, 1, 2, 3].map(|index| results(index, &tasks, &json!({})))).run();
    let rows = score_rows(&run);
    for (task, chance) in [("arc_easy", None), ("my_mc", None), ("hellaswag", Some(0.25)), ("gsm8k", None)] {
        assert!(scores(&rows, task).iter().all(|row| row.chance == chance), "{task}");
    }
    let found = findings(&run);
    assert!(!said(&found, "above chance"), "{:?}", found.sentences);
    assert!(said(&found, "arc_easy, gsm8k, my_mc: what guessing scores is unknown"), "{:?}", found.notes);
    for task in found.tasks.iter().filter(|task| task.subject.task != "hellaswag") {
        assert!(task.paths[0].onset.is_none() && task.paths[0].points.len() == 4, "{}", task.subject.task);
    }
}

#[test]
fn samples_tell_the_chance() {
    let tasks = json!({"my_mc": {"acc,none": 0.5, "acc_stderr,none": 0.5}});
    let more = json!({"n-samples": {"my_mc": {"original": 2, "effective": 2}}});
    let folder = Folder::of(&[results(0, &tasks, &more)]);
    let sample = |doc_id: usize, choices: usize| {
        let arguments: Value =
            (0..choices).map(|i| (format!("gen_args_{i}"), json!({"arg_0": "Q", "arg_1": format!(" {i}")}))).collect();
        let answers: Vec<Value> = (0..choices).map(|i| json!([format!("-{}", i + 1), "False"])).collect();
        json!({"doc_id": doc_id, "target": "0", "arguments": arguments, "filtered_resps": answers}).to_string()
    };
    folder.write("samples_my_mc_0.jsonl", &[sample(0, 2), sample(1, 4)].join("\n"));
    let (imported, run) = folder.run();
    assert_eq!(imported.with_items, 1, "{imported:?}");
    assert_eq!((run.units[0].record.chance, score_rows(&run)[0].chance), (Some(0.375), Some(0.375)));
}

#[test]
fn an_ending_that_some_names_have_is_a_variant() {
    let named = |index: usize, name: &str| {
        let tasks = json!({"a": {"acc,none": 0.5, "acc_stderr,none": 0.1}});
        results(
            index,
            &tasks,
            &json!({"config": {"model": "hf", "model_args": format!("pretrained=runs/z/{name},dtype=float32")}}),
        )
    };
    let cases: [(&[&str], &[(u64, Option<&str>)]); 3] = [
        (&["checkpoint-100", "checkpoint-100-ema", "checkpoint-200"], &[(100, None), (100, Some("ema")), (200, None)]),
        (&["checkpoint-100-hf", "checkpoint-200-hf"], &[(100, None), (200, None)]),
        (&["checkpoint-100-bf16", "checkpoint-200"], &[(100, None), (200, None)]),
    ];
    for (names, wanted) in cases {
        let files: Vec<Value> = names.iter().enumerate().map(|(index, name)| named(index, name)).collect();
        let (imported, run) = Folder::of(&files).run();
        let at = run.tree.branches[0].checkpoints.iter().map(|at| (at.step, at.variant.as_deref()));
        assert_eq!(at.collect::<Vec<_>>(), wanted, "{imported:?}");
        assert!(imported.failed.is_empty() && run.units.len() == names.len(), "{names:?}: {imported:?}");
    }
}

#[test]
fn several_filters_of_a_task_are_exported_under_their_names() {
    let tasks =
        json!({"gsm": {"exact_match,strict": 0.2, "exact_match_stderr,strict": 0.01, "exact_match,flexible": 0.3}});
    let folder = Folder::of(&[results(0, &tasks, &json!({}))]);
    let written = write_lm_eval(&folder.run().1, &Suite::default(), &folder.path().join("again")).unwrap();
    let file: Value = serde_json::from_str(&fs_err::read_to_string(&written.files[0]).unwrap()).unwrap();
    let entry = &file["results"]["gsm"];
    assert_eq!((&entry["exact_match,strict"], &entry["exact_match_stderr,strict"]), (&json!(0.2), &json!(0.01)));
    assert_eq!(entry["exact_match,flexible"], 0.3);
}

#[test]
fn less_is_better_where_the_name_or_the_file_says_so() {
    let mut files = Vec::new();
    for (index, value) in [90.0, 40.0, 20.0, 12.0].into_iter().enumerate() {
        let of = |metric: &str| json!({format!("{metric},none"): value, format!("{metric}_stderr,none"): "N/A"});
        let tasks = json!({"a": of("word_perplexity"), "b": of("val_loss"), "c": of("ppl"), "d": of("strangeness"), "e": of("gold_bits"),
            "f": of("bleu"), "g": of("loss_saved")});
        let more = json!({"higher_is_better": {"d": {"strangeness": false}, "g": {"loss_saved": true}}});
        files.push(results(index, &tasks, &more));
    }
    let (_, run) = Folder::of(&files).run();
    let found = findings(&run);
    let falling: Vec<&str> =
        found.tasks.iter().filter(|task| !task.higher_is_better).map(|task| task.subject.task.as_str()).collect();
    assert_eq!(falling, ["a", "b", "c", "d", "e"]);
    for sentence in &found.sentences {
        assert!(!(sentence.text.contains("gr") && sentence.text.contains("steadily")), "{}", sentence.text);
    }
}
