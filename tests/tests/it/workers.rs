//! Workers that pull units: several at once, killed, stopped, and damage on disk.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{RunFolder, below};

/// Starts a worker whose talk is kept.
fn worker(folder: &RunFolder) -> Child {
    let arguments = ["work", "run.yaml", "--threads", "1"];
    folder.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for a worker: its exit code, how many units it scored, and what it said.
fn ended(child: Child) -> (Option<i32>, usize, String) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().find(|line| line.contains(" scored in ")).unwrap_or("0");
    (output.status.code(), line.split(' ').next().unwrap().parse().unwrap(), text)
}

/// Names of what lies below the results' units and is no part of a finished unit.
fn left_over(folder: &RunFolder) -> Vec<String> {
    let files = below(&folder.path("results/units")).into_iter();
    let names = files.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn three_workers_score_each_unit_once_and_a_report_follows() {
    let plain = RunFolder::small();
    assert_eq!(plain.run(&["sweep", "run.yaml"]).code, Some(0));
    let folder = RunFolder::small();
    let ended: Vec<_> = [worker(&folder), worker(&folder), worker(&folder)].into_iter().map(ended).collect();
    for (code, _, text) in &ended {
        assert_eq!(*code, Some(0), "{text}");
    }
    assert_eq!(ended.iter().map(|(_, scored, _)| scored).sum::<usize>(), 4, "{ended:?}");
    assert_eq!(folder.scores(), plain.scores());
    assert_eq!(left_over(&folder), [""; 0], "no claim stays behind");
    let report = folder.run(&["report", "run.yaml"]);
    assert_eq!((report.code, report.stdout.trim()), (Some(0), "results/report/index.html"), "{}", report.stderr);
}

#[test]
fn a_stopped_worker_hands_back_and_a_killed_ones_units_are_taken_over() {
    for (signal, code) in [("-TERM", Some(130)), ("-KILL", None)] {
        let folder = RunFolder::small();
        let mut first = worker(&folder);
        // Until it has written something it may still be reading.
        let started = Instant::now();
        while folder.path("results/units/trunk").read_dir().map_or(0, Iterator::count) == 0 {
            assert!(started.elapsed() < Duration::from_mins(1) && first.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
        let second = worker(&folder);
        let sent = std::process::Command::new("kill").args([signal, &first.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let (first, second) = (ended(first), ended(second));
        assert_eq!(first.0, code, "{}", first.2);
        assert_eq!(second.0, Some(0), "{}", second.2);
        assert_eq!(folder.scores().len(), 4);
        assert!(first.1 + second.1 == 4 || code.is_none(), "{first:?} {second:?}");
    }
}

/// A claim of a machine that is gone, whose file's time lies in the future.
#[test]
fn units_of_a_dead_node_come_back_by_their_lease_whatever_its_clock_said() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "20"]).code, Some(0));
    let unit = folder.unit_folders().pop().unwrap();
    fs_err::remove_file(unit.join("unit.json")).unwrap();
    let claim = unit.join(".claim-000007");
    fs_err::write(&claim, "{\"holder\":{\"host\":\"far\",\"pid\":7,\"identity\":\"boot/pid:[1]#5\"},\"count\":0}\n..")
        .unwrap();
    let hour = std::time::SystemTime::now() + Duration::from_hours(1);
    fs_err::File::open(&claim).unwrap().file().set_modified(hour).unwrap();
    let started = Instant::now();
    let ran = folder.run(&["work", "run.yaml", "--limit", "20"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("process 7 on far: waiting"), "{}", ran.stderr);
    assert!(started.elapsed() > Duration::from_mins(1), "a lease lasts a minute");
    assert!(unit.join("unit.json").is_file());
}

#[test]
fn what_is_damaged_on_disk_is_found_and_scored_again() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "150"]).code, Some(0));
    let (whole, units) = (folder.scores(), folder.unit_folders());
    let flipped = |name: &str| {
        let path = units[0].join(name);
        let mut bytes = fs_err::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs_err::write(path, bytes).unwrap();
    };
    let digit = || {
        let path = units[1].join("unit.json");
        let text = fs_err::read_to_string(&path).unwrap();
        let at = text.find("\"value\": 0.").unwrap() + 11;
        let digit = if &text[at..=at] == "1" { "2" } else { "1" };
        fs_err::write(path, format!("{}{digit}{}", &text[..at], &text[at + 1..])).unwrap();
    };
    let cut = || {
        let path = units[2].join("items-00128.jsonl.zst");
        let bytes = fs_err::read(&path).unwrap();
        fs_err::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    let gone = || fs_err::remove_file(units[3].join("items-00000.jsonl.zst")).unwrap();
    let faults: [(&str, &dyn Fn()); 4] = [
        ("a bit of the items", &|| flipped("items-00000.jsonl.zst")),
        ("a digit of a score", &digit),
        ("half of a chunk", &cut),
        ("a chunk", &gone),
    ];
    for (fault, make) in faults {
        make();
        let ran = folder.run(&["sweep", "run.yaml", "--limit", "150"]);
        assert_eq!(ran.code, Some(0), "{fault}: {}", ran.stderr);
        assert_eq!(folder.scores(), whole, "{fault}");
        assert!(ran.stderr.contains("1 unit scored"), "{fault}: {}", ran.stderr);
    }
    let record: Value = serde_json::from_str(&fs_err::read_to_string(units[0].join("unit.json")).unwrap()).unwrap();
    assert_eq!(record["checksum"].as_str().unwrap().len(), 64);
}
