//! `--log`: every unit's start, end and reason of failure, as lines or JSON, and each worker's own log in the results.

use serde_json::Value;

use crate::program::{Ran, RunFolder, newest_two};

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn said<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"] == message).collect()
}

#[test]
fn every_unit_is_logged_from_its_start_to_its_end() {
    let folder = RunFolder::small();
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "5", "--log", "json", "-v"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines = lines(&ran); // nothing but JSON: no bar, no notes
    let (begun, finished) = (said(&lines, "unit begun"), said(&lines, "unit finished"));
    assert_eq!((begun.len(), finished.len()), (4, 4), "{}", ran.stderr);
    let of = |line: &Value| format!("{} {} {}", line["branch"], line["step"], line["task"]);
    let mut pairs =
        [begun.iter().map(|line| of(line)).collect::<Vec<_>>(), finished.iter().map(|line| of(line)).collect()];
    pairs.iter_mut().for_each(|all| all.sort());
    assert_eq!(pairs[0], pairs[1]);
    assert!(
        finished.iter().all(|line| line["metric"] == "acc" && line["score"].is_number() && line["level"] == "INFO")
    );
    for span in ["load", "tokenise", "forward", "unit"] {
        let closed = lines.iter().filter(|line| line["message"] == "close" && line["span"]["name"] == span);
        let times: Vec<&Value> = closed.map(|line| &line["time.busy"]).collect();
        assert!(!times.is_empty() && times.iter().all(|time| time.is_string()), "{span}: {}", ran.stderr);
    }
    // The worker's own log tells the units, whatever was asked for on stderr.
    let logs: Vec<_> = fs_err::read_dir(folder.path("results/logs")).unwrap().map(|log| log.unwrap().path()).collect();
    let log = fs_err::read_to_string(&logs[0]).unwrap();
    assert_eq!((logs.len(), log.matches("unit finished").count(), log.contains('\u{1b}')), (1, 4, false), "{log}");
}

#[test]
fn a_failure_is_logged_with_its_reason_and_quiet_says_no_more() {
    for (arguments, format) in [(["-q", "--log", "json"], true), (["-q", "--log", "text"], false)] {
        let folder = RunFolder::small();
        fs_err::write(folder.path("trunk").join(&newest_two()[1]).join("config.json"), "{").unwrap();
        let ran = folder.run(&[&["sweep", "run.yaml", "--limit", "5"], &arguments[..]].concat());
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        if format {
            let lines = lines(&ran);
            assert_eq!(lines.len(), 1, "{}", ran.stderr);
            assert_eq!((&lines[0]["message"], &lines[0]["level"]), (&"failed".into(), &"WARN".into()));
            assert!(lines[0]["reason"].as_str().unwrap().contains("config.json"), "{}", ran.stderr);
        } else {
            assert!(
                ran.stderr.lines().count() >= 1 && ran.stderr.contains("WARN") && ran.stderr.contains("config.json")
            );
            assert!(!ran.stderr.contains("unit finished"), "{}", ran.stderr);
        }
    }
    let folder = RunFolder::small();
    let wrong = folder.run(&["sweep", "none.yaml", "--log", "json"]);
    let lines = lines(&wrong);
    assert_eq!((wrong.code, lines.len(), &lines[0]["level"]), (Some(2), 1, &"ERROR".into()), "{}", wrong.stderr);
}
