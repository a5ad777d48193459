//! What another arithmetic costs: which two forms are compared, how it is stopped, what of it is told beforehand and by name.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::hub;
use crate::program::{RunFolder, below, copy};

const DATA: [&str; 4] = ["--data", "tasks", "--task-folder", "tasks"];
const RUN: &str = "tasks: [{task: pilot_letters, limit: 12}]\ntask_folders: tasks\ndata: tasks\nprecision: [f32, q4]\n";

/// The words and the code of a comparison of the newest checkpoint with `other`.
fn compared(folder: &RunFolder, other: &str, more: &[&str]) -> (Option<i32>, String) {
    let model = folder.checkpoint();
    let model = model.to_str().unwrap();
    let arguments =
        ["compare-precision", "--model", model, "--other", other, "--task", "pilot_letters", "--limit", "4"];
    let ran = folder.run(&[&arguments[..], &DATA, more].concat());
    (ran.code, ran.stdout + &ran.stderr)
}

fn rewritten(folder: &RunFolder, file: &str, change: impl Fn(&mut Value)) {
    copy(&folder.checkpoint(), &folder.path("other"));
    let path = folder.path(&format!("other/{file}"));
    let mut json: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    change(&mut json);
    fs_err::write(path, json.to_string()).unwrap();
}

#[test]
fn two_forms_that_are_not_one_model_are_refused_before_anything_is_scored() {
    let folder = RunFolder::small();
    // two tokens of the list change places
    rewritten(&folder, "tokenizer.json", |json| {
        let vocab = json["model"]["vocab"].as_object_mut().unwrap();
        let names: Vec<String> = vocab.keys().filter(|name| name.len() == 1).take(2).cloned().collect();
        let (one, other) = (vocab[&names[0]].clone(), vocab[&names[1]].clone());
        vocab.insert(names[0].clone(), other);
        vocab.insert(names[1].clone(), one);
    });
    let (code, said) = compared(&folder, "other", &[]);
    let words = said.split_whitespace().collect::<String>().replace('│', ""); // as it is broken into lines
    let named = format!("{}andotherarenotonemodel:token", folder.checkpoint().display());
    assert!(code == Some(2) && words.contains(&named) && !said.contains("units scored"), "{said}");
    // with one list for both they are compared
    let model = folder.checkpoint();
    let (code, said) = compared(&folder, "other", &["--tokenizer", model.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    rewritten(&folder, "config.json", |json| json["vocab_size"] = json!(json["vocab_size"].as_u64().unwrap() + 8));
    let (code, said) = compared(&folder, "other", &[]);
    assert!(code == Some(2) && said.contains("one has a vocabulary of") && !said.contains("units scored"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_link_to_the_same_folder_is_the_same() {
    let folder = RunFolder::small();
    fs_err::os::unix::fs::symlink(folder.checkpoint(), folder.path("link")).unwrap();
    let (code, said) = compared(&folder, "link", &[]);
    assert!(code == Some(2) && said.contains("both sides are"), "{said}");
    assert_eq!(compared(&folder, "link", &["--after", "q4"]).0, Some(0));
}

#[test]
fn a_comparison_says_which_is_which_and_of_what_tokens() {
    let folder = RunFolder::small();
    let [older, newer] = crate::program::newest_two();
    let other = folder.path("trunk").join(&older);
    let (code, said) = compared(&folder, other.to_str().unwrap(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("{newer} in f32; after: ")) && said.contains(&format!("{older} in f32; ")),
        "{said}"
    );
    assert!(
        said.contains("right answers, up to 2000 of a task") && said.contains(" ± ") && said.contains("–|"),
        "{said}"
    );
    // a failure is not put off to a sweep that will never be
    let (code, said) = compared(&folder, other.to_str().unwrap(), &["--state-memory", "1"]);
    assert!(code == Some(1) && said.contains("failure") && !said.contains("next sweep"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_stop_among_the_next_tokens_keeps_the_scores() {
    let folder = RunFolder::small();
    let model = folder.checkpoint();
    let arguments = ["compare-precision", "--model", model.to_str().unwrap(), "--after", "int8"];
    // more than a thousand texts, one after the other: the stop comes among them however late it is sent
    let more = ["--tasks", "pilot_letters,pilot_facts_easy", "--tokens-compared", "100000000"];
    let mut child = folder
        .command(&[&arguments[..], &DATA, &more].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "next tokens:"));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(said.contains("pilot_letters") && said.contains("McNemar"), "{said}");
    let mut next_tokens = said.lines().skip_while(|line| !line.contains("KL mean"));
    assert!(!next_tokens.any(|line| line.contains("pilot_facts_easy")), "{said}");
    assert!(rest.iter().any(|line| line.starts_with("interrupted")), "{rest:?}");
}

fn prices(folder: &RunFolder) -> Vec<Value> {
    let lines = fs_err::read_to_string(folder.path("results/q4/prices.jsonl")).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_price_is_told_beforehand_and_what_fails_of_it_by_name() {
    let folder = RunFolder::small();
    folder.write("bits.yaml", &format!("checkpoints: [{{path: trunk}}]\n{RUN}"));
    let plan = || -> Value { serde_json::from_str(&folder.run(&["plan", "bits.yaml", "--json"]).stdout).unwrap() };
    let before = plan();
    let (f32s, q4) = (&before["memory_bytes"], &before["others"][0]);
    let told = &q4["next_tokens"];
    assert_eq!(told["checkpoints"], json!(2), "{before}");
    assert_eq!(told["memory_bytes"].as_u64().unwrap(), f32s.as_u64().unwrap() + q4["memory_bytes"].as_u64().unwrap());
    assert!(told["tokens_computed"].as_u64() > Some(0) && told["seconds"].as_f64() > Some(0.0), "{told}");
    let words = folder.run(&["plan", "bits.yaml"]).stdout;
    assert!(
        words.contains("q4: next tokens of 2 checkpoints: ") && words.contains("of weights of both in memory"),
        "{words}"
    );
    // no text has room: nothing is read for it, and it is named
    let small = folder.run(&["sweep", "bits.yaml", "--state-memory", "1"]);
    let named = "next tokens in q4: ";
    assert!(
        small.code == Some(1)
            && small.stderr.contains(named)
            && small.stderr.contains("q4: next tokens of 2 checkpoints not measured"),
        "{}",
        small.stderr
    );
    let page = || fs_err::read_to_string(folder.path("results/report/price.html")).unwrap();
    assert!(prices(&folder).iter().all(|line| line["price"].is_null() && line["problem"].is_string()));
    assert!(page().contains("are not measured: ") && page().contains("texts of pilot_letters"), "{}", page());
    // with room it is measured, and as many tokens as the plan said
    let swept = folder.run(&["sweep", "bits.yaml"]);
    assert_eq!(swept.code, Some(0), "{}", swept.stderr);
    let tokens = told["tokens_computed"].as_u64().unwrap();
    let said: String = swept.stderr.split_whitespace().collect(); // thousands have gaps
    assert!(said.contains(&format!("q4:{tokens}tokenscomputedinboth")), "{tokens}: {}", swept.stderr);
    assert!(prices(&folder).iter().all(
        |line| line["price"]["divergence_error"].as_f64() > Some(0.0) && line["price"]["divergence_999"].is_null()
    ));
    assert!(!page().contains("are not measured") && page().contains("price.divergence.svg"), "{}", page());
    let csv = fs_err::read_to_string(folder.path("results/report/plots/price.divergence.csv")).unwrap();
    assert_eq!(csv.lines().count(), 3);
    assert_eq!(plan()["others"][0]["next_tokens"]["checkpoints"], json!(0));
}

#[test]
fn what_examples_share_is_read_once() {
    let folder = RunFolder::small();
    let task = fs_err::read_to_string(folder.path("tasks/pilot_letters.yaml")).unwrap();
    let task = task.replace("task: pilot_letters\n", "task: same_shots\nfewshot_config: {sampler: first_n}\n");
    folder.write("tasks/same_shots.yaml", &task);
    let tokens = |limit: usize| {
        let run = RUN.replace("task: pilot_letters, limit: 12", &format!("task: same_shots, shots: 3, limit: {limit}"));
        folder.write("shots.yaml", &format!("checkpoints: [{{path: trunk}}]\n{run}"));
        let plan = folder.run(&["plan", "shots.yaml", "--json"]);
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
        plan["others"][0]["next_tokens"]["tokens_computed"].as_u64().unwrap()
    };
    // three examples and a question are about four questions; eleven questions more are not eleven times that
    let (one, twelve) = (tokens(1), tokens(12));
    assert!(
        one < twelve && twelve < 6 * one,
        "after the same three examples twelve questions cost {twelve}, one {one}"
    );
}

#[test]
fn the_first_arithmetic_is_what_others_are_held_against_whatever_was_swept_last() {
    let folder = RunFolder::small();
    let write = |precision: &str| {
        let run = RUN.replace("[f32, q4]", precision);
        folder.write("bits.yaml", &format!("checkpoints: [{{path: trunk}}]\n{run}"));
    };
    write("f32");
    assert_eq!(folder.run(&["sweep", "bits.yaml"]).code, Some(0));
    assert_eq!(folder.run(&["sweep", "bits.yaml", "--precision", "q4"]).code, Some(0));
    write("[f32, q4]");
    assert_eq!(folder.run(&["sweep", "bits.yaml"]).code, Some(0));
    let shown = || fs_err::read_to_string(folder.path("results/report/plots/price.flips.csv")).unwrap();
    let late = shown();
    fs_err::remove_dir_all(folder.path("results")).unwrap();
    assert_eq!(folder.run(&["sweep", "bits.yaml"]).code, Some(0));
    assert_eq!(shown(), late);
}

#[test]
fn arithmetics_stand_in_the_order_of_the_run_file() {
    let folder = RunFolder::small();
    folder.write(
        "bits.yaml",
        &format!("checkpoints: [{{path: trunk}}]\n{}", RUN.replace("[f32, q4]", "[f32, q4, bf16]")),
    );
    assert_eq!(folder.run(&["sweep", "bits.yaml"]).code, Some(0));
    let page = fs_err::read_to_string(folder.path("results/report/price.html")).unwrap();
    let place = |name: &str| page.find(&format!("<section id=\"{name}\">")).unwrap();
    assert!(place("q4") < place("bf16"));
}

#[test]
fn a_checkpoint_that_does_not_stay_is_brought_for_its_price() {
    let (folder, look_alike, _) = hub::published(&[0, 1]);
    fs_err::remove_dir_all(folder.path("local")).unwrap();
    hub::run_file(&folder, "hub: tiny/mix", "keep: none\nprecision: [f32, q4]\n");
    let swept = hub::run(&folder, &look_alike, &["sweep", "run.yaml"]);
    assert_eq!(swept.code, Some(0), "{}", swept.stderr);
    let measured = prices(&folder);
    assert!(
        measured.len() == 2 && measured.iter().all(|line| line["price"]["divergence"].as_f64() > Some(0.0)),
        "{measured:?}"
    );
    let left = below(&folder.path("hf/hub"));
    assert_eq!(left.iter().filter(|path| !path.starts_with(".locks")).count(), 0, "nothing stays: {left:?}");
    look_alike.seen();
    let again = hub::run(&folder, &look_alike, &["sweep", "run.yaml"]);
    assert!(
        again.code == Some(0) && !look_alike.seen().iter().any(|seen| seen.target.contains("/blob/")),
        "{}",
        again.stderr
    );
}
