//! A sweep from end to end: scores, resumption after kills, two at once.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::finished::Finished;
use crate::program::RunFolder;

#[test]
fn a_sweep_scores_reports_and_has_nothing_to_do_the_second_time() {
    let folder = RunFolder::small();
    let first = folder.run(&["sweep", "run.yaml", "--limit", "60"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(first.stdout.trim(), "results/report/index.html");
    assert!(folder.path("results/report/index.html").is_file());
    assert!(first.stderr.contains("4 units scored"), "{}", first.stderr);
    let scores = folder.scores();
    assert_eq!(scores.len(), 4);
    let second = folder.run(&["sweep", "run.yaml", "--limit", "60"]);
    assert!(
        second.stderr.contains("0 units scored") && second.stderr.contains("4 units done before"),
        "{}",
        second.stderr
    );
    assert_eq!(folder.scores(), scores);
    // The report needs neither weights nor data.
    fs_err::remove_dir_all(folder.path("trunk")).unwrap();
    fs_err::remove_dir_all(folder.path("tasks")).unwrap();
    let report = folder.run(&["report", "run.yaml"]);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    let page = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(page.contains("pilot_letters"));
}

#[test]
fn threads_jobs_and_a_raised_limit_change_no_number() {
    let plain = RunFolder::small();
    assert_eq!(plain.run(&["sweep", "run.yaml", "--limit", "150"]).code, Some(0));
    let other = RunFolder::small();
    for arguments in [["--limit", "40", "--threads", "1"], ["--limit", "150", "--jobs", "2"]] {
        let ran = other.run(&[&["sweep", "run.yaml"][..], &arguments].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    let numbers = |folder: &RunFolder| -> Vec<(Value, Value, Vec<String>)> {
        let lines = |chunks: Vec<Vec<u8>>| chunks.into_iter().flat_map(|chunk| unpacked(&chunk)).collect();
        folder.scores().into_values().map(|(metrics, items, chunks)| (metrics, items, lines(chunks))).collect()
    };
    assert_eq!(numbers(&plain), numbers(&other), "every digit of every record is the same");
    // A smaller limit asks for nothing new.
    let smaller = other.run(&["sweep", "run.yaml", "--limit", "10"]);
    assert!(smaller.stderr.contains("0 units scored"), "{}", smaller.stderr);
}

fn unpacked(chunk: &[u8]) -> Vec<String> {
    let text = String::from_utf8(zstd::decode_all(chunk).unwrap()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn killed_at_any_instant_and_started_again_it_ends_with_the_same_scores() {
    let undisturbed = RunFolder::small();
    assert_eq!(undisturbed.run(&["sweep", "run.yaml"]).code, Some(0));
    let folder = RunFolder::small();
    let mut finished = Finished::default();
    // Instants drawn once (from /dev/urandom), spread over reading, scoring and writing.
    for milliseconds in [31, 947, 212, 1403, 118, 655, 1810, 377, 74, 1196] {
        let mut child =
            folder.command(&["sweep", "run.yaml"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        finished.look(&folder);
    }
    finished.sweep(&folder);
    assert_eq!(folder.scores(), undisturbed.scores());
}

#[test]
fn two_sweeps_at_once_both_end_well_and_score_nothing_twice() {
    let folder = RunFolder::small();
    let start = || {
        folder
            .command(&["sweep", "run.yaml", "--limit", "200"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let scored = |stderr: &[u8]| -> usize {
        let text = String::from_utf8_lossy(stderr);
        let line = text.lines().find(|line| line.contains(" scored in ")).unwrap_or_else(|| panic!("{text}"));
        line.split(' ').next().unwrap().parse().unwrap()
    };
    for output in &both {
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(scored(&both[0].stderr) + scored(&both[1].stderr), 4);
    assert_eq!(folder.scores().len(), 4);
}

#[test]
fn ctrl_c_keeps_what_is_finished() {
    let folder = RunFolder::small();
    let mut child =
        folder.command(&["sweep", "run.yaml"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(130 | 0)), "{code:?}");
    assert_eq!(folder.run(&["sweep", "run.yaml"]).code, Some(0));
}

#[test]
fn a_failing_checkpoint_is_named_and_forgiven_when_it_is_mended() {
    let folder = RunFolder::small();
    let weights = folder.checkpoint().join("model.safetensors");
    let whole = fs_err::read(&weights).unwrap();
    fs_err::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "20"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("model.safetensors") && ran.stderr.contains("truncated"), "{}", ran.stderr);
    assert_eq!(folder.scores().len(), 2, "the other checkpoint is scored");
    let status = folder.run(&["status", "run.yaml"]);
    assert!(status.stdout.contains("truncated"), "{}", status.stdout);
    fs_err::write(&weights, whole).unwrap();
    let again = folder.run(&["sweep", "run.yaml", "--limit", "20"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(fs_err::read_dir(folder.path("results/failed")).unwrap().count(), 0);
}
