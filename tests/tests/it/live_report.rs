//! The report while a sweep runs, and of a sweep that was stopped.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::program::{RunFolder, copy, pilot, trunk};

const PAGE: &str = "results/report/index.html";

/// Eight checkpoints, so that some are left when the first is scored.
fn eight() -> RunFolder {
    let folder = RunFolder::small();
    for name in trunk().iter().rev().skip(2).take(6) {
        copy(&pilot().join("trunk").join(name), &folder.path("trunk").join(name));
    }
    folder
}

fn start(folder: &RunFolder, report: &str) -> Child {
    let mut command = folder.command(&["sweep", "run.yaml", "--threads", "1", "--report", report]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn findings(folder: &RunFolder) -> Value {
    serde_json::from_str(&fs_err::read_to_string(folder.path("results/report/findings.json")).unwrap()).unwrap()
}

/// Waits until the page says that a sweep is under way; every page seen meanwhile is whole.
fn wait_for_part(folder: &RunFolder, child: &mut Child) -> String {
    while child.try_wait().unwrap().is_none() {
        if let Ok(page) = fs_err::read_to_string(folder.path(PAGE)) {
            assert!(page.trim_end().ends_with("</html>"), "a page that is half written");
            if page.contains("id=\"under-way\"") {
                return page;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the sweep ended before its report was seen");
}

#[test]
fn a_page_fills_while_the_sweep_runs_and_says_how_far_it_is() {
    let folder = eight();
    let mut child = start(&folder, "checkpoint");
    let page = wait_for_part(&folder, &mut child);
    assert!(page.contains(" of 16 units, "), "{}", told(&page));
    assert!(page.contains("so far: ") && page.contains("checkpoints to come"), "its curves say that they are parts");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let page = fs_err::read_to_string(folder.path(PAGE)).unwrap();
    assert!(!page.contains("under-way") && !page.contains("so far"), "{}", told(&page));
    assert_eq!(findings(&folder)["under_way"], Value::Null);
    assert!(!folder.path("results/sweep.json").exists());
}

#[test]
fn a_stopped_sweep_leaves_a_report_that_says_so_until_it_is_finished() {
    let folder = eight();
    let mut child = start(&folder, "checkpoint");
    wait_for_part(&folder, &mut child);
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), PAGE, "it is told where the report lies");
    let page = fs_err::read_to_string(folder.path(PAGE)).unwrap();
    assert!(page.contains(" of 16 units: the sweep was stopped"), "{}", told(&page));
    let under_way = &findings(&folder)["under_way"];
    let done = folder.scores().len();
    assert_eq!(
        (under_way["units"].as_u64(), under_way["done"].as_u64(), under_way["runs"].as_bool()),
        (Some(16), Some(done as u64), Some(false))
    );
    // The report again, from the results alone, says the same.
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    assert_eq!(findings(&folder)["under_way"], *under_way);
    assert_eq!(folder.run(&["sweep", "run.yaml"]).code, Some(0));
    assert_eq!(findings(&folder)["under_way"], Value::Null);
}

#[test]
fn a_killed_sweep_is_reported_with_what_it_finished() {
    let folder = eight();
    let mut child = start(&folder, "checkpoint");
    wait_for_part(&folder, &mut child);
    std::thread::sleep(Duration::from_millis(1500));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    let under_way = &findings(&folder)["under_way"];
    let done = folder.unit_folders().len();
    assert!(done < 16);
    assert_eq!((under_way["done"].as_u64(), under_way["runs"].as_bool()), (Some(done as u64), Some(false)));
}

#[test]
fn a_report_at_the_end_only_can_be_asked_for() {
    let folder = RunFolder::small();
    folder.write("run.yaml", &(fs_err::read_to_string(folder.path("run.yaml")).unwrap() + "report: end\n"));
    let mut child = folder.command(&["sweep", "run.yaml"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        if let Ok(page) = fs_err::read_to_string(folder.path(PAGE)) {
            assert!(!page.contains("under-way"), "{}", told(&page));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(folder.path(PAGE).is_file());
}

/// The line under the name of the run.
fn told(page: &str) -> &str {
    page.lines().find(|line| line.contains("report of <time")).unwrap_or(page)
}
