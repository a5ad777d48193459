//! Runs that others trained: tables of their scores, and schedules told as a formula.

use std::path::Path;

use serde_json::Value;

use crate::program::{RunFolder, run};
use crate::shared::shared;

/// The sentences and the table of a report's front page.
fn page(report: &Path) -> String {
    fs_err::read_to_string(report.join("index.html")).unwrap()
}

/// The phases of the first branch with the steps that they begin at.
fn phases(results: &Path) -> Vec<(String, u64)> {
    let text = fs_err::read_to_string(results.join("run.json")).unwrap();
    let run: Value = serde_json::from_str(&text).unwrap();
    let phases = run["tree"]["branches"][0]["phases"].as_array().unwrap().clone();
    let phase = |phase: Value| (phase["phase"].as_str().unwrap().to_owned(), phase["from_step"].as_u64().unwrap());
    phases.into_iter().map(phase).collect()
}

/// The onset of lettered MMLU in OLMo 2, with the bracket that its trackers allow: the same from the whole table of the
/// tracker as from the choice of it that is part of the program.
const LETTERS: [(&str, &str); 2] =
    [("7b", "between 168 B and 252 B tokens"), ("13b", "between 126 B and 168 B tokens")];

#[test]
fn a_famous_emergence_from_its_published_scores() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["demo", "--run", "olmo2", "--out", "o"]);
    assert_eq!((ran.code, ran.stdout.trim()), (Some(0), "o/report/index.html"), "{}", ran.stderr);
    let page = page(&folder.path().join("o/report"));
    for (size, bracket) in LETTERS {
        // Of the 13B another lettered task came between the same checkpoints, in one sentence with it.
        let words = ["mmlu · 5-shot".to_owned(), format!(" on olmo2-{size}/trunk "), format!("emerged {bracket}")];
        assert!(page.split("<li>").any(|line| words.iter().all(|words| line.contains(words))), "{size}");
        assert!(page.contains("in the decay, with the learning rate still above 99 % of its peak"), "{size}");
        let found = phases(&folder.path().join(format!("o/olmo2-{size}")));
        assert_eq!(found.iter().map(|phase| phase.0.as_str()).collect::<Vec<_>>(), ["warmup", "decay"], "{size}");
    }
    assert!(page.contains("mmlu_words · 5-shot grows steadily"), "words grew smoothly");
    assert!(!page.contains("class=\"alarm"), "there is nothing to be alarmed about");
}

#[test]
fn the_whole_table_of_the_tracker_says_the_same() {
    let Some(tables) = shared("trajectories") else { return };
    let folder = tempfile::tempdir().unwrap();
    for (size, bracket) in LETTERS {
        let (table, name) = (tables.join(format!("olmo2-{size}.csv")), format!("olmo2-{size}"));
        let columns = "eval/downstream/mmlu_*_test_mc_5shot_len_norm";
        let arguments = ["import", table.to_str().unwrap(), "--out", &name, "--training", &name, "--columns", columns];
        let ran = run(folder.path(), &arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("mmlu_stem, 5-shot, acc_norm; chance 0.250, items 3018"), "{}", ran.stderr);
        assert!(page(&folder.path().join(&name).join("report")).contains(&format!("mmlu · 5-shot emerged {bracket}")));
    }
}

const WIDE: &str = "step,tokens,lr,hellaswag/acc_norm,my_task/accuracy,note
1000,1000000000,3e-4,0.25,20,a
2000,2000000000,3e-4,0.31,30,b
3000,3000000000,2e-4,,45,c
";

#[test]
fn a_table_with_a_column_a_score() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("t.csv"), WIDE).unwrap();
    let ran = run(folder.path(), &["import", "t.csv", "--out", "r"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // What nobody knows is left out until it is asked for.
    assert!(ran.stderr.contains("2 units of 2 checkpoints"), "{}", ran.stderr);
    let arguments =
        ["import", "t.csv", "--out", "r", "--columns", "*acc*", "--chance", "my_*=0.2", "--items", "my_*=500"];
    let ran = run(folder.path(), &arguments);
    assert!(ran.stderr.contains("5 units of 3 checkpoints"), "{}", ran.stderr);
    assert!(ran.stderr.contains("my_task, 0-shot, acc, in per cent; chance 0.200, items 500"), "{}", ran.stderr);
    let page = page(&folder.path().join("r/report"));
    assert!(page.contains("45.0") && page.contains("31.0"), "the newest scores");
}

#[test]
fn a_table_with_a_row_a_score() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "
{\"step\": 10, \"tokens\": 1000, \"task\": \"arc_easy\", \"metric\": \"acc\", \"value\": 0.3}
{\"step\": 10, \"tokens\": 1000, \"task\": \"arc_easy\", \"metric\": \"acc_norm\", \"value\": 0.28}
{\"step\": 20, \"tokens\": 2000, \"task\": \"arc_easy\", \"metric\": \"acc\", \"value\": 0.5, \"stderr\": 0.01}
";
    fs_err::write(folder.path().join("t.jsonl"), rows.trim_start()).unwrap();
    let ran = run(folder.path(), &["import", "t.jsonl", "--out", "r"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("2 units of 2 checkpoints"), "{}", ran.stderr);
}

#[test]
fn tables_that_cannot_be_right() {
    let cases: [(&str, &[&str], &str); 9] = [
        (
            "step,tokens,hellaswag\n1,10,0.3\n1,10,0.4\n",
            &[],
            "`hellaswag` at step 1 is 0.3 in line 2 and 0.4 in line 3",
        ),
        (
            "step,tokens,hellaswag\n1,10,0.3\n2,20,101\n",
            &[],
            "`hellaswag` is 101 in line 3: no share and no percentage",
        ),
        (
            "step,tokens,hellaswag\n1,10,0.3\n2,20,45\n",
            &[],
            "0.3 in line 2 and 45 in line 3: shares and per cent in one column",
        ),
        ("step,tokens,hellaswag\n1,10,-0.1\n", &[], "-0.1 in line 2"),
        ("step,tokens,hellaswag\n1,20,0.3\n2,10,0.4\n", &[], "10"),
        ("step,hellaswag\n1,0.3\n", &[], "nothing tells how many tokens step 1 has seen"),
        ("epoch,hellaswag\n1,0.3\n", &[], "no column is known as the step"),
        ("step,tokens,speed\n1,10,0.3\n", &[], "no column is known as a score"),
        (
            "step,hellaswag\n150000,0.3\n",
            &["--training", "pythia-160m"],
            "the schedule ends at step 143000, but the table goes on to step 150000",
        ),
    ];
    for (table, more, said) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("t.csv"), table).unwrap();
        let ran = run(folder.path(), &[&["import", "t.csv", "--out", "r"], more].concat());
        let told = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.code == Some(2) && told.contains(said), "{table}: {:?} {}", ran.code, ran.stderr);
    }
}

#[test]
fn a_run_without_a_log_gets_its_phases_from_the_formula() {
    let folder = RunFolder::small();
    for entry in fs_err::read_dir(folder.path("trunk")).unwrap() {
        fs_err::remove_file(entry.unwrap().path().join("trainer_state.json")).unwrap();
    }
    let run_file = |end: u64| {
        format!(
            "checkpoints:\n- path: trunk\n  training:\n    tokens_per_step: 6_144\n    learning_rate:\n    - {{shape: linear, to: 3e-3, for: 60}}\n    - {{shape: cosine, to: 1e-3, until: 1400}}\n    - {{shape: constant, until: {end}}}\ntasks: [{{task: pilot_letters, limit: 4}}]\ntask_folders: tasks\ndata: tasks\n"
        )
    };
    folder.write("run.yaml", &run_file(1_500));
    let ran = folder.run(&["plan", "run.yaml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("ends at step 1500, but the branch goes on to step 2300"), "{}", ran.stderr);
    folder.write("run.yaml", &run_file(2_300));
    let ran = folder.run(&["sweep", "run.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = phases(&folder.path("results"));
    assert_eq!(
        found.iter().map(|phase| phase.0.as_str()).collect::<Vec<_>>(),
        ["warmup", "decay", "stable"],
        "{found:?}"
    );
    assert!(found[1].1 == 60 && (1_200..=1_400).contains(&found[2].1), "{found:?}");
    let unit = fs_err::read_to_string(folder.unit_folders()[1].join("unit.json")).unwrap();
    let checkpoint = serde_json::from_str::<Value>(&unit).unwrap()["checkpoint"].clone();
    assert_eq!((&checkpoint["tokens"], &checkpoint["learning_rate"]), (&(2_300 * 6_144).into(), &1e-3.into()));
}
