//! Faults that a run of weeks meets, made with real processes; `tests/FAULTS.md` is their table.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::background::Background;
use crate::finished::Finished;
use crate::program::{RunFolder, bytes_below, copy};

/// A worker on a checkpoint whose weights take seconds to hash, and the file that tells the trainer that it is being read.
fn slow_reader(folder: &RunFolder) -> Background {
    let weights = fs_err::OpenOptions::new().write(true).open(folder.checkpoint().join("model.safetensors")).unwrap();
    weights.file().set_len(6 << 30).unwrap(); // holes: it takes no room
    let only = format!(
        "trunk/{}/*",
        folder.checkpoint().file_name().unwrap().to_str().unwrap().trim_start_matches("checkpoint-")
    );
    let mut reader = Background::start(folder.command(&["work", "run.yaml", "--only", &only, "--limit", "20"]));
    reader.wait_until("the file beside it", |_| {
        let entries = fs_err::read_dir(folder.path("trunk")).unwrap();
        entries.flatten().any(|entry| entry.file_name().to_str().unwrap().starts_with(".reading-checkpoint-"))
    });
    std::thread::sleep(Duration::from_millis(100));
    reader
}

#[test]
fn a_checkpoint_that_goes_or_changes_while_it_is_read_is_a_named_failure() {
    let whole = |folder: &RunFolder, name: &str| {
        copy(&crate::program::pilot().join("trunk").join(folder.checkpoint().file_name().unwrap()), &folder.path(name));
    };
    let deleted: &dyn Fn(&RunFolder) = &|folder| fs_err::remove_dir_all(folder.checkpoint()).unwrap();
    let replaced: &dyn Fn(&RunFolder) = &|folder| {
        whole(folder, "aside");
        fs_err::rename(folder.path("aside/model.safetensors"), folder.checkpoint().join("model.safetensors")).unwrap();
    };
    let cut: &dyn Fn(&RunFolder) = &|folder| {
        whole(folder, "aside");
        let length = fs_err::metadata(folder.path("aside/model.safetensors")).unwrap().len();
        let weights =
            fs_err::OpenOptions::new().write(true).open(folder.checkpoint().join("model.safetensors")).unwrap();
        weights.file().set_len(length).unwrap();
    };
    for (make, words) in [
        (deleted, "was deleted while it was read"),
        (replaced, "was changed while it was read"),
        (cut, "was changed while it was read"),
    ] {
        let folder = RunFolder::small();
        let reader = slow_reader(&folder);
        make(&folder);
        let (code, said) = reader.ended();
        assert_eq!(code, Some(1), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(folder.unit_folders().len(), 0, "no score of nobody knows what");
        let left = fs_err::read_dir(folder.path("trunk")).unwrap().flatten();
        assert!(!left.into_iter().any(|entry| entry.file_name().to_str().unwrap().starts_with(".reading-")), "{words}");
    }
}

#[test]
fn two_workers_killed_at_thirty_instants_lose_nothing_and_score_nothing_twice() {
    let undisturbed = RunFolder::small();
    assert_eq!(undisturbed.run(&["sweep", "run.yaml"]).code, Some(0));
    let folder = RunFolder::small();
    let mut finished = Finished::default();
    // Fifteen times two workers, each killed at an instant of its own; drawn once, from a square-law spread over two seconds.
    let instants = [
        12, 480, 33, 1720, 64, 905, 150, 1310, 7, 260, 610, 88, 1990, 340, 21, 1150, 415, 190, 730, 55, 1530, 110, 300,
        820, 5, 1020, 230, 1410, 545, 75,
    ];
    for pair in instants.chunks(2) {
        let mut workers = [0, 1].map(|_| Background::start(folder.command(&["work", "run.yaml", "--threads", "1"])));
        let mut killed = [(pair[0], 0), (pair[1], 1)];
        killed.sort_unstable();
        let mut slept = 0;
        for (at, which) in killed {
            std::thread::sleep(Duration::from_millis(at - slept));
            slept = at;
            workers[which].kill();
        }
        finished.look(&folder);
    }
    finished.sweep(&folder);
    assert_eq!(folder.records(), undisturbed.records());
}

#[test]
fn two_sweeps_a_watch_and_three_workers_share_one_folder() {
    let alone = RunFolder::small();
    assert_eq!(alone.run(&["sweep", "run.yaml", "--limit", "200"]).code, Some(0));
    let folder = RunFolder::small();
    let kinds: [&[&str]; 6] = [
        &["sweep", "run.yaml"],
        &["sweep", "run.yaml"],
        &["watch", "run.yaml", "--every", "0.3s", "--until-idle", "3s"],
        &["work", "run.yaml"],
        &["work", "run.yaml"],
        &["work", "run.yaml"],
    ];
    let all: Vec<_> = kinds
        .iter()
        .map(|kind| Background::start(folder.command(&[*kind, &["--limit", "200", "--threads", "1", "-v"]].concat())))
        .collect();
    let mut scored = 0;
    for one in all {
        let (code, said) = one.ended();
        assert_eq!(code, Some(0), "{said}");
        scored += said.lines().filter(|line| line.starts_with("scored trunk")).count();
    }
    assert_eq!(scored, 4, "each unit once");
    assert_eq!(folder.records(), alone.records());
}

#[test]
fn results_that_cannot_be_written_can_still_be_reported_elsewhere() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "20"]).code, Some(0));
    fs_err::remove_dir_all(folder.path("results/report")).unwrap();
    // A file in the way refuses everybody, root too; permissions would not.
    fs_err::rename(folder.path("results/units"), folder.path("kept")).unwrap();
    fs_err::write(folder.path("results/units"), "").unwrap();
    let refused = folder.run(&["sweep", "run.yaml", "--limit", "20"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("cannot be written"), "{}", refused.stderr);
    fs_err::remove_file(folder.path("results/units")).unwrap();
    fs_err::rename(folder.path("kept"), folder.path("results/units")).unwrap();
    fs_err::write(folder.path("results/report"), "").unwrap();
    let elsewhere = folder.run(&["report", "run.yaml", "--out", "elsewhere"]);
    assert_eq!((elsewhere.code, elsewhere.stdout.trim()), (Some(0), "elsewhere/index.html"), "{}", elsewhere.stderr);
    assert!(folder.path("elsewhere/index.html").is_file());
}

#[test]
fn a_checkpoint_that_does_not_fit_into_memory_fails_by_name_and_the_next_goes_on() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "20"]).code, Some(0));
    let (all, newest) = (folder.unit_folders(), folder.checkpoint());
    fs_err::remove_dir_all(folder.path("results")).unwrap();
    // A config that asks for an embedding of two gigabytes, with weights whose header says they are there.
    let grown = grow(&newest);
    let limited = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 1500000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_spyglass-tests")])
        .args(["sweep", "run.yaml", "--limit", "20", "--threads", "1"])
        .env("NO_COLOR", "1")
        .current_dir(folder.path("."))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&limited.stderr);
    assert_eq!(limited.status.code(), Some(1), "{grown}: {said}");
    assert!(said.contains("memory"), "{said}");
    assert_eq!(folder.unit_folders().len(), all.len() / 2, "the other checkpoint is scored: {said}");
}

/// Makes the embedding of a checkpoint as large as no machine's share allows: holes in a file. Its shape, for messages.
fn grow(checkpoint: &Path) -> String {
    let path = checkpoint.join("model.safetensors");
    let bytes = fs_err::read(&path).unwrap();
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + size]).unwrap();
    let name = "model.embed_tokens.weight";
    let width = header[name]["shape"][1].as_u64().unwrap();
    let rows: u64 = 1 << 24; // the most that a vocabulary may have
    // It comes to lie last, behind all others without a gap.
    let mut others: Vec<_> = header
        .as_object()
        .unwrap()
        .iter()
        .filter(|(other, _)| !["__metadata__", name].contains(&other.as_str()))
        .collect();
    others.sort_by_key(|(_, tensor)| tensor["data_offsets"][0].as_u64());
    let (mut data, mut places) = (Vec::new(), Vec::new());
    for (other, tensor) in others {
        let at = |end: usize| 8 + size + tensor["data_offsets"][end].as_u64().unwrap() as usize;
        places.push((other.clone(), data.len()));
        data.extend(&bytes[at(0)..at(1)]);
    }
    let mut ends: Vec<_> = places.iter().skip(1).map(|(_, start)| *start).collect();
    ends.push(data.len());
    for ((other, start), end) in places.into_iter().zip(ends) {
        header[other]["data_offsets"] = serde_json::json!([start, end]);
    }
    let end = data.len() as u64;
    header[name]["shape"] = serde_json::json!([rows, width]);
    header[name]["data_offsets"] = serde_json::json!([end, end + rows * width * 2]);
    let text = header.to_string();
    let mut out = (text.len() as u64).to_le_bytes().to_vec();
    out.extend(text.as_bytes());
    out.extend(&data);
    fs_err::write(&path, &out).unwrap();
    let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
    file.file().set_len(8 + text.len() as u64 + end + rows * width * 2).unwrap();
    let config = checkpoint.join("config.json");
    let mut config_text: serde_json::Value = serde_json::from_str(&fs_err::read_to_string(&config).unwrap()).unwrap();
    config_text["vocab_size"] = rows.into();
    fs_err::write(&config, config_text.to_string()).unwrap();
    format!("{rows} × {width}")
}

/// A file system of a few hundred kilobytes, where we may mount one; `None` says so aloud.
fn small_disk(at: &Path, size: &str) -> Option<Mounted> {
    fs_err::create_dir_all(at).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
        .arg(at)
        .output();
    if mounted.as_ref().is_ok_and(|output| output.status.success()) {
        return Some(Mounted(at.to_path_buf()));
    }
    writeln!(std::io::stderr(), "skipped: no small disk can be mounted here (not root)").unwrap();
    None
}

struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_is_told_and_what_was_finished_stays() {
    let folder = RunFolder::small();
    let results = folder.path("results");
    let Some(_disk) = small_disk(&results, "96k") else { return };
    let full = folder.run(&["sweep", "run.yaml"]);
    assert_eq!(full.code, Some(1), "{}", full.stderr);
    assert!(full.stderr.to_lowercase().contains("no space left"), "{}", full.stderr);
    // With room again the rest is done, and all is as if nothing had been.
    let more = std::process::Command::new("mount").args(["-o", "remount,size=64m"]).arg(&results).status();
    assert!(more.unwrap().success());
    let again = folder.run(&["sweep", "run.yaml"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let plain = RunFolder::small();
    assert_eq!(plain.run(&["sweep", "run.yaml"]).code, Some(0));
    assert_eq!(folder.records(), plain.records());
}

#[test]
fn a_disk_that_fills_while_the_report_is_written_leaves_the_old_one_whole() {
    let folder = RunFolder::small();
    let results = folder.path("results");
    let Some(_disk) = small_disk(&results, "16m") else { return };
    let sweep = || folder.run(&["sweep", "run.yaml", "--limit", "20"]);
    let first = sweep();
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let (report, units) = (bytes_below(&results.join("report")), folder.records());
    // All room but that of a few pages is taken.
    let mut filler = fs_err::File::create(results.join("filler")).unwrap();
    while filler.write_all(&[7; 4096]).is_ok() {}
    let taken = filler.metadata().unwrap().len();
    filler.set_len(taken - (64 << 10)).unwrap();
    drop(filler); // an open file keeps its room when it is removed
    for (full, code) in [(folder.run(&["report", "run.yaml"]), 2), (sweep(), 1)] {
        assert_eq!(full.code, Some(code), "{}", full.stderr);
        for words in ["results/report/", "No space left", "help:", "have room"] {
            assert!(full.stderr.contains(words), "`{words}` is not in {}", full.stderr);
        }
        assert!(bytes_below(&results.join("report")) == report, "every page of the old report is as it was");
        assert_eq!(folder.records(), units);
        assert!(!results.join(".report.new").exists(), "half a report takes no room");
    }
    fs_err::remove_file(results.join("filler")).unwrap();
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
}
