//! Files that are refused, left out or told of.

use serde_json::{Value, json};
use spyglass_dashboards::findings::findings;

use super::{Folder, results, said};

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
