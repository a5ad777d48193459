//! Several runs in one report.

use crate::browser::Browser;
use crate::program::{RunFolder, newest_two};

/// Two seeds of one run, the second with one checkpoint and one task less, and another one whose task has other data.
fn two_runs() -> RunFolder {
    let folder = RunFolder::small();
    let other = newest_two()[0].clone();
    crate::program::copy(&folder.path("trunk").join(&other), &folder.path("seed").join(&other));
    let run = |name: &str, path: &str, tasks: &str, data: &str| {
        let text = format!(
            "name: {name}\ncheckpoints: [{{path: {path}}}]\ntasks: [{tasks}]\ntask_folders: {data}\ndata: {data}\nresults: {path}-{data}\n"
        );
        folder.write(&format!("{name}.yaml"), &text);
        assert_eq!(folder.run(&["sweep", &format!("{name}.yaml"), "--limit", "20"]).code, Some(0));
    };
    run("first", "trunk", "pilot_letters, pilot_facts_easy", "tasks");
    run("second", "seed", "pilot_letters", "tasks");
    let text = fs_err::read_to_string(folder.path("tasks/pilot_letters.jsonl")).unwrap();
    crate::program::copy(&folder.path("tasks"), &folder.path("data"));
    folder.write("data/pilot_letters.jsonl", &text.lines().rev().map(|line| format!("{line}\n")).collect::<String>());
    run("third", "seed", "pilot_letters", "data");
    folder
}

#[test]
fn several_runs_share_a_report() {
    let folder = two_runs();
    let ran = folder.run(&["report", "first.yaml", "second.yaml", "third.yaml"]);
    assert_eq!((ran.code, ran.stdout.trim()), (Some(0), "spyglass-report/index.html"), "{}", ran.stderr);
    let page = fs_err::read_to_string(folder.path("spyglass-report/index.html")).unwrap();
    for words in
        ["first, second, third", "first/trunk", "second/trunk", "third/trunk", "pilot_letters (third) · 2-shot"]
    {
        assert!(page.contains(words), "`{words}` is missing");
    }
    let csv = |task: &str| fs_err::read_to_string(folder.path(&format!("spyglass-report/plots/{task}.csv"))).unwrap();
    let letters = csv("pilot_letters-2-shot");
    assert!(letters.contains("first/trunk") && letters.contains("second/trunk"), "{letters}");
    assert!(!letters.contains("third/trunk"), "other data are another task: {letters}");
    assert!(!csv("pilot_facts_easy").contains("second/trunk"));
    if let Some(browser) = Browser::start() {
        browser.open(&folder.path("spyglass-report/index.html"));
        assert!(browser.complaints().is_empty());
    }
}

#[test]
fn a_report_goes_where_it_is_asked_for() {
    let folder = two_runs();
    let ran = folder.run(&["report", "first.yaml", "--out", "aside"]);
    assert_eq!((ran.code, ran.stdout.trim()), (Some(0), "aside/index.html"), "{}", ran.stderr);
    let page = fs_err::read_to_string(folder.path("aside/index.html")).unwrap();
    assert!(page.contains("trunk") && !page.contains("first/trunk"), "one run keeps its names");
    // The same name twice: the files tell them apart.
    let text = fs_err::read_to_string(folder.path("first.yaml")).unwrap();
    folder.write("again.yaml", &text);
    let ran = folder.run(&["report", "first.yaml", "again.yaml", "--out", "aside"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let page = fs_err::read_to_string(folder.path("aside/index.html")).unwrap();
    assert!(page.contains("first first/trunk") && page.contains("first again/trunk"));
    // The same name and file name in two folders: the folders do.
    folder.write(
        "elsewhere/first.yaml",
        &text.replace("path: trunk", "path: ../trunk").replace("results: ", "results: ../"),
    );
    let ran = folder.run(&["report", "elsewhere/first.yaml", "first.yaml", "--out", "aside"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(fs_err::read_to_string(folder.path("aside/index.html")).unwrap().contains("first elsewhere/trunk"));
    // A folder without results stands for its `run.yaml`.
    fs_err::rename(folder.path("elsewhere/first.yaml"), folder.path("elsewhere/run.yaml")).unwrap();
    let ran = folder.run(&["report", "elsewhere", "--out", "aside"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // A folder that holds something else is left alone, and a run without results is named.
    let ran = folder.run(&["report", "first.yaml", "second.yaml", "--out", "tasks"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("not a report"), "{}", ran.stderr);
    folder.write("empty.yaml", "checkpoints: [{path: trunk}]\nresults: nowhere\n");
    let ran = folder.run(&["report", "first.yaml", "empty.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("there are no results here yet"), "{}", ran.stderr);
}
