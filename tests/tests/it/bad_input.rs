//! Bad input: each an exit code, one clear message with place and mend, no panic, and nothing else lost.

mod checkpoints;
mod logs;

use std::path::Path;

use crate::program::{Ran, RunFolder, newest_two};
pub(crate) use checkpoints::edit_json;

/// Sweeps a small run whose newest checkpoint was spoilt by `spoil`: the other one is scored, the message says each of `said`.
fn spoilt(said: &[&str], spoil: impl Fn(&Path)) {
    let folder = RunFolder::small();
    spoil(&folder.checkpoint());
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "5"]);
    check(&ran, 1, said);
    assert_eq!(folder.unit_folders().len(), 2, "the other checkpoint is scored: {}", ran.stderr);
    assert!(folder.path("results/report/index.html").is_file());
    let checked = folder.run(&["check", folder.checkpoint().to_str().unwrap()]);
    assert!(checked.code == Some(2) || said.contains(&"expected finite numbers"), "{checked:?}");
}

/// Runs `arguments` on a small run with another run file: nothing is done.
fn refused(run_file: &str, said: &[&str]) {
    let folder = RunFolder::small();
    folder.write("run.yaml", run_file);
    check(&folder.run(&["sweep", "run.yaml"]), 2, said);
    assert!(folder.unit_folders().is_empty());
}

pub(crate) fn check(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    for words in said {
        assert!(ran.stderr.contains(words), "`{words}` is missing: {}", ran.stderr);
    }
}

#[test]
fn run_files() {
    refused("checkpoint: [a, b]\n", &["run.yaml:1:1", "unknown field `checkpoint`", "did you mean `checkpoints`?"]);
    refused("checkpoints: [{path: trunk}\ntasks: 3\n", &["run.yaml:2"]);
    refused("checkpoints: [{path: trunk, every: 3}]\n", &["run.yaml:1:", "`every`"]);
    let level = |level: usize| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned() + &(1..12).map(level).collect::<String>();
    refused(&bomb, &["run.yaml", "aliases"]);
    let deep = format!("checkpoints: {}{}\n", "[".repeat(3000), "]".repeat(3000));
    refused(&deep, &["run.yaml:1:", "nested too deep"]);
    refused("checkpoints: [{path: trunk, tokens: {1: 2, 3: 4, 1: 5}}]\n", &["run.yaml:1:", "the key `1` occurs twice"]);
    refused(
        "checkpoints: [{path: trunk, tokens: {1000: 2, 1_000: 4}}]\n",
        &["run.yaml:1:", "the step 1000 occurs twice"],
    );
    refused("checkpoints: [{path: $NOT_SET_HERE/x}]\n", &["`path`", "the variable `NOT_SET_HERE` is not set"]);
    refused(
        "checkpoints: [{path: trunk}]\ntasks: [{task: pilot_letters, limit: 3}, pilot_letters]\ntask_folders: tasks\ndata: tasks\n",
        &["run.yaml", "the task `pilot_letters` is asked twice, with limit 3 and with all items"],
    );
    let parent = |name: &str| {
        format!("checkpoints: [{{path: trunk}}, {{branch: b, path: trunk, parent: {{branch: {name}, step: 600}}}}]\n")
    };
    refused(&parent("trnk"), &["run.yaml", "`trnk`", "did you mean `trunk`?"]);
    refused(
        "checkpoints: [{branch: a, path: trunk, parent: {branch: b, step: 1}}, {branch: b, path: trunk, parent: {branch: a, step: 1}}]\n",
        &["cycle", "a → b → a"],
    );
    refused(
        "checkpoints: [{path: trunk}]\ntasks: [pilot_leters]\ntask_folders: tasks\n",
        &["`pilot_leters`", "did you mean `pilot_letters`?"],
    );
    refused(
        "checkpoints: [{path: trunk}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\nresults: run.yaml\n",
        &["run.yaml", "the results folder cannot be written", "results:"],
    );
}

#[test]
fn run_files_as_people_write_them() {
    let folder = RunFolder::small();
    let branches = "checkpoints:\n  - &trunk {path: trunk}\n  - {<<: *trunk, branch: again}\n";
    let rest = "tasks: [{task: pilot_letters, limit: 1_0}]\ntask_folders: tasks\ndata: [tasks]\n";
    folder.write("run.yaml", &format!("\u{feff}{branches}{rest}").replace('\n', "\r\n"));
    let ran = folder.run(&["check", "run.yaml"]);
    check(&ran, 0, &[]);
    assert!(ran.stdout.contains("a run of 4 checkpoints on 2 branches, 1 task, 10 items"), "{}", ran.stdout);
}

#[test]
fn data() {
    let folder = RunFolder::small();
    for task in ["letters", "facts_easy"] {
        fs_err::remove_file(folder.path(&format!("tasks/pilot_{task}.jsonl"))).unwrap();
    }
    check(&folder.run(&["sweep", "run.yaml"]), 2, &["`pilot_letters`", "looked for", "pilot_letters.jsonl"]);
    // One task without data: the other is scored.
    let folder = RunFolder::small();
    fs_err::remove_file(folder.path("tasks/pilot_letters.jsonl")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 1, &["pilot_letters", "every checkpoint"]);
    assert_eq!(folder.unit_folders().len(), 2);
    // A broken line.
    let folder = RunFolder::small();
    let file = folder.path("tasks/pilot_letters.jsonl");
    let text = fs_err::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().take(3).chain(["{\"context\": "]).chain(text.lines().skip(4)).collect();
    fs_err::write(&file, lines.join("\n")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 1, &["pilot_letters.jsonl", "4"]);
}

#[test]
fn an_item_longer_than_the_context_limit_is_cut_counted_and_shown() {
    let folder = RunFolder::small();
    for checkpoint in fs_err::read_dir(folder.path("trunk")).unwrap() {
        edit_json(&checkpoint.unwrap().path().join("config.json"), |config| {
            config["max_position_embeddings"] = 40.into();
        });
    }
    let strict = folder.run(&["sweep", "run.yaml", "--limit", "5", "--strict"]);
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "5"]);
    check(&ran, 0, &["10 items did not fit the context limit", "pilot_letters: 5 of 5 items"]);
    assert_eq!(folder.unit_folders().len(), 4);
}

#[test]
fn wrong_use() {
    let folder = RunFolder::small();
    check(&folder.run(&["sweep", "nowhere.yaml"]), 2, &["nowhere.yaml"]);
    check(&folder.run(&["sweep", "run.yaml", "--only", "trnk/*"]), 2, &["--only fits none", "trunk/"]);
    check(&folder.run(&["sweep", "run.yaml", "--limit", "0"]), 2, &["--limit"]);
    check(&folder.run(&["report", "run.yaml"]), 2, &["there are no results here yet", "spyglass sweep run.yaml"]);
    check(&folder.run(&["score", "--model", "nowhere", "--tasks", "hellaswag"]), 2, &["nowhere"]);
    check(&folder.run(&["init", "tasks", "--out", "new.yaml"]), 2, &["no folder with a number in its name"]);
    check(&folder.run(&["swep"]), 2, &["swep"]);
}

#[test]
fn a_damaged_unit_is_named_and_left_out_of_the_report() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "5"]).code, Some(0));
    fs_err::write(folder.unit_folders()[0].join("items-00000.jsonl.zst"), "no zstd").unwrap();
    check(&folder.run(&["report", "run.yaml"]), 1, &["items-00000.jsonl.zst", "checksum", "sweep again"]);
}

#[test]
fn runs_of_one_checkpoint_and_of_two() {
    let folder = RunFolder::small();
    let older = folder.path("trunk").join(&newest_two()[0]);
    let aside = folder.path("aside");
    fs_err::rename(&older, &aside).unwrap();
    let page = || fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "60"]), 0, &["2 units scored"]);
    assert!(page().contains("above chance as far back as these checkpoints can tell"), "{}", page());
    fs_err::rename(&aside, &older).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "60"]), 0, &["2 units scored"]);
    assert!(page().contains("above chance as far back as these checkpoints can tell"), "{}", page());
}

#[test]
fn checkpoints_with_other_items_are_compared_on_the_common_ones() {
    let folder = RunFolder::small();
    let step = newest_two()[0].replace("checkpoint-", "");
    check(&folder.run(&["sweep", "run.yaml", "--limit", "40"]), 0, &[]);
    check(&folder.run(&["sweep", "run.yaml", "--limit", "90", "--only", &format!("trunk/{step}/*")]), 0, &[]);
    let page = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(page.contains("those in common (40 at least)"), "{page}");
}

#[test]
fn a_damaged_summary_is_named_and_scored_anew() {
    let folder = RunFolder::small();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &[]);
    let file = folder.unit_folders()[0].join("unit.json");
    let whole = fs_err::read_to_string(&file).unwrap();
    fs_err::write(&file, &whole[..whole.len() / 2]).unwrap();
    check(&folder.run(&["report", "run.yaml"]), 1, &["unit.json", "is damaged", "sweep again"]);
    check(&folder.run(&["status", "run.yaml"]), 0, &[]);
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &["1 unit scored", "3 units done before"]);
    check(&folder.run(&["report", "run.yaml"]), 0, &[]);
}
