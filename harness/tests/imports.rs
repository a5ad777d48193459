//! Results of lm-evaluation-harness as its users have them: groups, samples, other programs' files beside, broken ones.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

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
fn groups_keep_their_own_scores() {
    let of = |tiny: f64, big: f64, group: f64| {
        let tasks = json!({"tiny": {"acc,none": tiny, "acc_stderr,none": 0.15}, "big": {"acc,none": big, "acc_stderr,none": 0.043},
            "grp": {"acc,none": group, "acc_stderr,none": 0.08}});
        (
            tasks,
            json!({"group_subtasks": {"grp": ["tiny", "big"]},
            "n-samples": {"tiny": {"original": 10, "effective": 10}, "big": {"original": 100, "effective": 100}}}),
        )
    };
    let micro = |tiny: f64, big: f64| (tiny * 10.0 + big * 100.0) / 110.0;
    // Mean over tasks, over items, and one of a weighting that nobody knows.
    let cases: [(&str, [f64; 3], bool); 3] = [
        ("plain", [0.47, 0.6, 0.675], false),
        ("by size", [micro(0.7, 0.24), micro(0.9, 0.3), micro(1.0, 0.35)], true),
        ("another", [0.65, 0.85, 0.95], false),
    ];
    for (what, wanted, weight_by_size) in cases {
        let leaves = [(0.7, 0.24), (0.9, 0.3), (1.0, 0.35)];
        let files: Vec<Value> = (leaves.iter().zip(wanted).enumerate())
            .map(|(index, ((tiny, big), group))| {
                let (tasks, more) = of(*tiny, *big, group);
                results(index, &tasks, &more)
            })
            .collect();
        let folder = Folder::of(&files);
        let (imported, run) = folder.run();
        assert_eq!((imported.units, imported.checkpoints), (6, 3), "{what}");
        let rows = score_rows(&run);
        let group = scores(&rows, "grp");
        assert_eq!(group.iter().map(|row| row.score).collect::<Vec<_>>(), wanted, "{what}");
        assert!(group.iter().all(|row| row.kind == "group" && row.se == Some(0.08) && row.n == 110), "{what}");
        assert_eq!(run.groups[0].weight_by_size, weight_by_size, "{what}");
        let found = findings(&run);
        let task = found.tasks.iter().find(|task| task.subject.task == "grp").unwrap();
        assert_eq!(task.paths[0].points.iter().map(|point| point.value).collect::<Vec<_>>(), wanted, "{what}");
        // Brought in again, it is the same.
        let again = folder.run().1;
        assert_eq!(again.groups, run.groups, "{what}");
    }
}

/// Two checkpoints of two tasks and their group; `change` makes the second file another.
fn two_of_a_group(change: impl Fn(&mut Value)) -> Folder {
    let leaf = |value: f64| json!({"acc,none": value, "acc_stderr,none": 0.05});
    let file = |index: usize, tiny: f64, big: f64, group: f64| {
        let tasks = json!({"tiny": leaf(tiny), "big": leaf(big), "grp": leaf(group)});
        let more = json!({"group_subtasks": {"grp": ["tiny", "big"]}, "n-shot": {"tiny": 5, "big": 5},
            "groups": {"grp": leaf(group)}, "n-samples": {"tiny": {"effective": 10}, "big": {"effective": 100}}});
        results(index, &tasks, &more)
    };
    let mut second = file(1, 0.9, 0.3, 0.6);
    change(&mut second);
    Folder::of(&[file(0, 0.7, 0.24, 0.47), second])
}

#[test]
fn a_group_keeps_its_point_where_a_file_lacks_its_tasks() {
    let without = |file: &mut Value, tables: &[&str], names: &[&str]| {
        for (table, name) in tables.iter().flat_map(|table| names.iter().map(move |name| (table, name))) {
            file[*table].as_object_mut().unwrap().remove(*name);
        }
    };
    let cases: [(&str, Folder); 3] = [
        ("one task is missing", two_of_a_group(|file| without(file, &["results"], &["big"]))),
        ("both are", two_of_a_group(|file| without(file, &["results"], &["tiny", "big"]))),
        ("the score stands among the groups", two_of_a_group(|file| without(file, &["results"], &["big", "grp"]))),
    ];
    for (what, folder) in cases {
        let (_, run) = folder.run();
        let rows = score_rows(&run);
        let group = scores(&rows, "grp");
        let told: Vec<_> = group.iter().map(|row| (row.kind, row.shots, row.step, row.score, row.n)).collect();
        assert_eq!(told, [("group", Some(5), 100, 0.47, 110), ("group", Some(5), 200, 0.6, 110)], "{what}");
        let found = findings(&run);
        let tasks: Vec<_> = found.tasks.iter().filter(|task| task.subject.task == "grp").collect();
        let values: Vec<f64> = tasks[0].paths[0].points.iter().map(|point| point.value).collect();
        assert!(tasks.len() == 1 && values == [0.47, 0.6], "{what}: {values:?}");
    }
}

#[test]
fn a_group_without_a_score_is_not_made_up() {
    let untold = |file: &mut Value| {
        file["results"]["grp"] = json!({"alias": "grp"});
        file["groups"] = json!({});
    };
    let folder = two_of_a_group(untold);
    let (imported, run) = folder.run();
    assert!(imported.warnings[0].contains("results_1.json: the group `grp` has no score of its own; it is computed"));
    assert_eq!(scores(&score_rows(&run), "grp").iter().map(|row| row.score).collect::<Vec<_>>(), [0.47, 0.6]);
    fs_err::remove_file(folder.path().join("in/results_0.json")).unwrap();
    fs_err::remove_dir_all(folder.path().join("out")).unwrap();
    let (imported, run) = folder.run();
    assert!(imported.warnings[0].contains("`grp` has no score of its own; how its tasks make it up is unknown"));
    assert!(run.groups.is_empty() && score_rows(&run).len() == 2 && imported.warnings.len() == 1, "{imported:?}");
}

#[test]
fn an_imported_group_is_exported_again() {
    let folder = two_of_a_group(|file| drop(file["results"].as_object_mut().unwrap().remove("big")));
    let (_, run) = folder.run();
    let written = write_lm_eval(&run, &Suite::default(), &folder.path().join("again")).unwrap();
    let files = written.files.iter().filter(|path| path.to_string_lossy().contains("results_"));
    for (path, score) in files.zip([0.47, 0.6]) {
        let file: Value = serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap();
        for table in ["results", "groups"] {
            assert_eq!(file[table]["grp"]["acc,none"], score, "{table}");
            assert_eq!(file[table]["grp"]["acc_stderr,none"], 0.05, "{table}");
        }
        assert_eq!(file["group_subtasks"], json!({"grp": ["tiny", "big"]}));
        assert_eq!(file["groups"]["grp"]["sample_len"], 110);
    }
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
fn a_group_in_a_group_and_one_without_members() {
    let tasks = json!({"a": {"acc": 0.5, "acc_stderr": 0.1}, "b": {"acc": 0.7, "acc_stderr": 0.1}, "inner": {"acc": 0.7}, "outer": {"acc": 0.61},
        "lonely": {"acc": 0.4}});
    let more = json!({"group_subtasks": {"outer": ["a", "inner"], "inner": ["b"], "lonely": ["elsewhere"]}, "groups": {"outer": {"acc": 0.61}}});
    let (_, run) = Folder::of(&[results(0, &tasks, &more)]).run();
    let rows = score_rows(&run);
    let of = |task: &str| scores(&rows, task).iter().map(|row| (row.kind, row.score)).collect::<Vec<_>>();
    assert_eq!(
        (of("outer"), of("inner"), of("lonely")),
        (vec![("group", 0.61)], vec![("group", 0.7)], vec![("task", 0.4)])
    );
}

#[test]
fn a_group_of_tasks_that_were_asked_otherwise_is_read_by_itself() {
    let tasks = json!({"a": {"acc,none": 0.5, "acc_stderr,none": 0.1}, "b": {"acc,none": 0.7, "acc_stderr,none": 0.1}, "all": {"acc,none": 0.6}});
    let more = json!({"group_subtasks": {"all": ["a", "b"], "a": [], "b": []}, "n-shot": {"a": 5, "b": 25},
        "n-samples": {"a": {"original": 60, "effective": 60}, "b": {"original": 60, "effective": 60}}});
    let (_, run) = Folder::of(&[results(0, &tasks, &more)]).run();
    let rows = score_rows(&run);
    let all = scores(&rows, "all");
    assert_eq!((all.len(), all[0].score, all[0].n, rows.len()), (1, 0.6, 120, 3));
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

#[test]
fn other_data_of_one_checkpoint_are_told() {
    let tasks = json!({"t": {"acc,none": 0.5, "acc_stderr,none": 0.05}});
    let data = ["one", "one", "two"];
    let file = |index: usize| results(index, &tasks, &json!({"task_hashes": {"t": data[index]}}));
    let (_, run) = Folder::of(&[0, 1, 2].map(file)).run();
    let found = findings(&run);
    let told = "t: trunk step 300 (300 k tokens) was scored on other data than the rest";
    assert!(said(&found, told) && found.tasks[0].notes[0].starts_with(told), "{:?}", found.notes);
    let same = |index: usize| results(index, &tasks, &json!({"task_hashes": {"t": "one"}}));
    assert!(!said(&findings(&Folder::of(&[0, 1, 2].map(same)).run().1), "other data"));
}

#[test]
fn one_file_that_fails_is_named_and_the_rest_is_kept() {
    let good = results(0, &json!({"t": {"acc,none": 0.5, "acc_stderr,none": 0.1}}), &json!({})).to_string();
    let cut = &good[..good.len() / 2];
    let stepless = good.replace("checkpoint-100", "final");
    // Name, text, whether it was meant to be read, and what is said.
    let cases: [(&str, &str, bool, &str); 8] = [
        ("results.json", r#"{"summary": 1}"#, false, "not written by lm-evaluation-harness"),
        ("results.json", r#"{"results": [1, 2]}"#, false, "not written by lm-evaluation-harness"),
        ("results.json", r#"{"results": {"acc": 0.5}}"#, false, "not written by lm-evaluation-harness"),
        ("results.json", "[]", false, "not written by lm-evaluation-harness"),
        ("results_9.json", cut, true, "is not JSON"),
        ("results_9.json", "", true, "is not JSON"),
        ("results_9.json", &stepless, true, "`checkpoint-{step}` occurs neither"),
        ("samples_t_7.jsonl", "{}", false, "no `results_TIME.json`"),
    ];
    for (name, text, is_broken, words) in cases {
        let folder = Folder::new();
        folder.write("results_1.json", &good);
        folder.write(name, text);
        let (imported, run) = folder.run();
        assert_eq!(
            (imported.units, run.units.len(), imported.failed.len()),
            (1, 1, usize::from(is_broken)),
            "{name} {text}"
        );
        let told = if is_broken { &imported.failed } else { &imported.warnings };
        assert!(told.iter().any(|line| line.contains(name) && line.contains(words)), "{name}: {told:?}");
        // Alone it is an error.
        let folder = Folder::new();
        folder.write(name, text);
        assert!(folder.import().unwrap_err().in_full().len() > 20, "{name} {text}");
    }
    // Samples that are broken: the score stays.
    let folder = Folder::new();
    folder.write("results_1.json", &good);
    folder.write("samples_t_1.jsonl", "{\"doc_id\": 0");
    let (imported, run) = folder.run();
    assert_eq!((run.units.len(), imported.with_items, imported.failed.len()), (1, 0, 1));
}

#[test]
fn old_files_that_count_no_items_and_variants_are_read() {
    // √(.25·.75/39) is the error of 40 items.
    let old = json!({"results": {"t": {"acc": 0.25, "acc_stderr": 0.069_337_524_528_153_63}}, "versions": {"t": 0},
        "config": {"model": "hf-causal", "model_args": "pretrained=runs/checkpoint-100"}});
    let mut ema = old.clone();
    ema["config"]["variant"] = "ema".into();
    let (imported, run) = Folder::of(&[old, ema]).run();
    assert_eq!((imported.units, imported.checkpoints), (2, 2), "{imported:?}");
    assert!(run.units.iter().all(|unit| unit.record.items == 40 && unit.record.metrics[0].n == 40));
    assert_eq!(run.tree.branches[0].checkpoints.len(), 2);
}

#[test]
fn a_share_beyond_one_is_refused() {
    let good = results(
        0,
        &json!({"t": {"acc,none": 0.5, "f": 3.0}, "u": {"exact_match,a": 0.0, "exact_match,b": 1.0}, "v": {"bleu": 45.0}}),
        &json!({}),
    );
    for (task, metric, value) in
        [("t", "acc,none", 45.0), ("t", "acc,none", 1.2), ("t", "acc,none", -0.2), ("u", "exact_match,b", 45.0)]
    {
        let mut bad = results(1, &good["results"], &json!({}));
        bad["results"][task][metric] = value.into();
        let (imported, run) = Folder::of(&[good.clone(), bad]).run();
        assert_eq!((imported.units, run.units.len(), imported.failed.len()), (3, 3, 1), "{metric} {value}");
        let (told, metric) = (&imported.failed[0], metric.trim_end_matches(",none"));
        for word in ["results_1.json", &format!("`{task}`"), &format!("`{metric}`"), &value.to_string(), "not per cent"]
        {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}

#[test]
fn two_models_of_one_step_are_not_mixed() {
    let file = |args: Value, task: &str| {
        let mut file = results(0, &json!({task: {"acc,none": 0.5, "acc_stderr,none": 0.1}}), &json!({}));
        file["config"]["model_args"] = args;
        file
    };
    let first = "pretrained=runs/z/checkpoint-100,dtype=float32";
    // The arguments of the second file, and whether they name the same model.
    let cases = [
        (json!("pretrained=runs/z/checkpoint-100/,dtype=bfloat16,batch_size=8"), true),
        (json!("trust_remote_code=True,pretrained=runs/z/checkpoint-100"), true),
        (json!({"pretrained": "runs/z/checkpoint-100", "dtype": "auto"}), true),
        (json!("pretrained=runs/y/checkpoint-100,dtype=float32"), false),
        // An ending that some have is a variant: another model, in a place of its own.
        (json!("pretrained=runs/z/checkpoint-100-ema"), true),
        (json!({"pretrained": "runs/z/checkpoint-100", "peft": "adapter"}), false),
    ];
    for (args, is_same) in cases {
        let (imported, run) = Folder::of(&[file(json!(first), "a"), file(args.clone(), "b")]).run();
        assert_eq!((imported.failed.is_empty(), run.units.len()), (is_same, if is_same { 2 } else { 1 }), "{args}");
        let told = imported.failed.join("");
        assert!(is_same || told.contains("results_0.json") && told.contains("results_1.json"), "{told}");
        assert_eq!(run.units[0].record.task, "a", "{args}");
    }
}
