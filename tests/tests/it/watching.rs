//! `watch`: checkpoints come, stay half written, vanish; news go out once.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::background::Background;
use crate::program::{RunFolder, copy, newest_two, pilot};
use crate::webhook::{Mood, Webhook};

/// A run without a checkpoint yet, watched closely; a task of it has no data, which is a failure to tell of.
fn run(more: &str) -> RunFolder {
    let folder = RunFolder::small();
    fs_err::remove_dir_all(folder.path("trunk")).unwrap();
    folder.write("run.yaml", &text("pilot_letters, hellaswag", more));
    folder
}

fn text(tasks: &str, more: &str) -> String {
    format!(
        "name: trial\ncheckpoints: [{{path: trunk}}]\ntasks: [{tasks}]\ntask_folders: tasks\ndata: tasks\nwatch:\n  every: 0.2s\n{more}"
    )
}

fn watch(folder: &RunFolder, more: &[&str]) -> Background {
    Background::start(folder.command(&[&["watch", "run.yaml", "--limit", "20"][..], more].concat()))
}

/// A checkpoint appears, whole at once.
fn appears(folder: &RunFolder, name: &str) {
    copy(&pilot().join("trunk").join(name), &folder.path("aside"));
    fs_err::create_dir_all(folder.path("trunk")).unwrap();
    fs_err::rename(folder.path("aside"), folder.path("trunk").join(name)).unwrap();
}

#[test]
fn a_checkpoint_is_scored_when_it_is_complete_and_what_is_new_is_told_once() {
    let hook = Webhook::start(&[]);
    let folder = run(&format!("  webhook: {}\n  command: cat >> told.txt\n", hook.address));
    let mut watching = watch(&folder, &[]);
    let [older, newer] = newest_two();
    appears(&folder, &older);
    watching.wait_for(&format!("step {} is scored", older.trim_start_matches("checkpoint-")));
    watching.wait_until("told", |_| hook.taken().len() == 1 && folder.path("told.txt").exists());

    // The next one is written as trainers do: slowly, the weights before the rest.
    let (from, to) = (pilot().join("trunk").join(&newer), folder.path("trunk").join(&newer));
    fs_err::create_dir_all(&to).unwrap();
    let weights = fs_err::read(from.join("model.safetensors")).unwrap();
    fs_err::copy(from.join("config.json"), to.join("config.json")).unwrap();
    fs_err::write(to.join("model.safetensors"), &weights[..weights.len() / 2]).unwrap();
    watching.wait_for("`model.safetensors` has ");
    fs_err::write(to.join("model.safetensors"), &weights).unwrap();
    watching.wait_for("it has no tokenizer yet");
    assert_eq!(folder.unit_folders().len(), 1, "{:?}", watching.said());
    copy(&from, &to);
    watching.wait_for(&format!("step {} is scored", newer.trim_start_matches("checkpoint-")));
    watching.wait_until("two reports", |own| own.count("report: ") >= 2);
    watching.signal("TERM");
    let (code, said) = watching.ended();
    assert_eq!(code, Some(0), "{said}");

    assert!(folder.path("results/report/index.html").is_file());
    let page = fs_err::read_to_string(folder.path("results/metrics.prom")).unwrap();
    for line in [
        "spyglass_score{run=\"trial\",branch=\"trunk\",task=\"pilot_letters\"",
        "spyglass_units_left{run=\"trial\"}",
        "# EOF",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    let told = hook.taken();
    let message = told[0]["text"].as_str().unwrap();
    assert!(message.starts_with("trial:") && message.contains("hellaswag could not be scored"), "{message}");
    let failures = |told: &[serde_json::Value]| -> usize {
        let events = told.iter().flat_map(|message| message["events"].as_array().unwrap());
        events.filter(|event| event["kind"] == "failure").count()
    };
    assert_eq!(failures(&told), 1);
    assert!(fs_err::read_to_string(folder.path("told.txt")).unwrap().contains("hellaswag"));

    // Started again it tells nothing twice, and nothing of the address stands on the page.
    let again = folder.run(&["watch", "run.yaml", "--limit", "20", "--once"]);
    assert_eq!(again.code, Some(1), "a failure stands: {}", again.stderr);
    assert_eq!(failures(&hook.taken()), 1, "{}", again.stderr);
    let pages = fs_err::read_dir(folder.path("results/report")).unwrap().flatten().map(|entry| entry.path());
    let pages: Vec<String> =
        pages.filter(|path| path.is_file()).map(|path| fs_err::read_to_string(path).unwrap()).collect();
    assert!(pages.iter().any(|page| page.contains("webhook: (not shown)")), "the run file stands in the report");
    assert!(!pages.iter().any(|page| page.contains("secret")), "the address of a webhook does not");
}

#[test]
fn a_webhook_that_fails_or_hangs_neither_blocks_nor_loses() {
    let hook = Webhook::start(&[Mood::Fails, Mood::Hangs]);
    let folder = run(&format!("  webhook: {}\n", hook.address));
    let mut watching = watch(&folder, &[]);
    let [older, newer] = newest_two();
    appears(&folder, &older);
    watching.wait_for("the webhook answers 500");
    watching.wait_until("asked again", |_| hook.asked() == 2);
    appears(&folder, &newer);
    watching.wait_for(&format!("step {} is scored", newer.trim_start_matches("checkpoint-")));
    assert!(hook.taken().is_empty(), "it was scored before the webhook took anything");
    watching.wait_for("the webhook does not answer");
    watching.wait_until("taken", |_| !hook.taken().is_empty());
    watching.signal("TERM");
    assert_eq!(watching.ended().0, Some(0));
}

#[test]
fn what_a_webhook_did_not_take_is_sent_by_the_next_watch() {
    let hook = Webhook::start(&[Mood::Fails, Mood::Fails, Mood::Fails]);
    let folder = run(&format!("  webhook: {}\n", hook.address));
    appears(&folder, &newest_two()[1]);
    let first = folder.run(&["watch", "run.yaml", "--limit", "20", "--once"]);
    assert!(first.stderr.contains("kept for the next watch") && hook.taken().is_empty(), "{}", first.stderr);
    while hook.asked() < 3 {
        folder.run(&["watch", "run.yaml", "--limit", "20", "--once"]);
    }
    folder.run(&["watch", "run.yaml", "--limit", "20", "--once"]);
    assert_eq!(hook.taken().len(), 1);
}

#[test]
fn the_newest_comes_first_unless_another_order_is_asked_for() {
    for (order, newest_first) in [("newest", true), ("oldest", false)] {
        let folder = run("");
        newest_two().iter().for_each(|name| appears(&folder, name));
        let ran = folder.run(&["watch", "run.yaml", "--limit", "20", "--once", "--order", order]);
        let steps: Vec<u64> = ran
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("trunk step ")?.strip_suffix(" is scored")?.parse().ok())
            .collect();
        assert_eq!(steps.len(), 2, "{}", ran.stderr);
        assert_eq!(steps[0] > steps[1], newest_first, "{}", ran.stderr);
    }
    let folder = run("");
    newest_two().iter().for_each(|name| appears(&folder, name));
    let ran = folder.run(&["watch", "run.yaml", "--limit", "20", "--once", "--order", "onset"]);
    assert!(ran.stderr.contains("is scored"), "{}", ran.stderr);
}

#[test]
fn sighup_reads_the_run_file_again_and_a_bad_one_changes_nothing() {
    let folder = run("");
    let mut watching = watch(&folder, &[]);
    let [older, newer] = newest_two();
    appears(&folder, &older);
    watching.wait_for("is scored");
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntaskss: [x]\n");
    watching.signal("HUP");
    watching.wait_for("the old one stays");
    appears(&folder, &newer);
    watching.wait_until("the next", |own| own.count("is scored") == 2);
    folder.write("run.yaml", &text("pilot_letters, pilot_facts_easy", ""));
    watching.signal("HUP");
    watching.wait_for("the run file was read again");
    watching.wait_until("the new task", |_| folder.unit_folders().len() == 4);
    watching.signal("TERM");
    assert_eq!(watching.ended().0, Some(0));
}

#[test]
fn a_marker_is_waited_for_where_the_run_file_names_one() {
    let folder = run("  complete_marker: DONE\n");
    appears(&folder, &newest_two()[1]);
    let mut watching = watch(&folder, &[]);
    watching.wait_for("`DONE` is not there yet");
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(folder.unit_folders().len(), 0);
    fs_err::write(folder.checkpoint().join("DONE"), "").unwrap();
    watching.wait_for("is scored");
}

#[test]
fn a_checkpoint_that_always_fails_keeps_no_watch_from_its_end_and_no_other_from_its_turn() {
    let folder = run("  retry: 0.3s\n  retry_at_most: 0.3s\n");
    folder.write("run.yaml", &fs_err::read_to_string(folder.path("run.yaml")).unwrap().replace(", hellaswag", ""));
    newest_two().iter().for_each(|name| appears(&folder, name));
    // Whole by its length, but a tensor of the newest has another name.
    let weights = folder.checkpoint().join("model.safetensors");
    let mut bytes = fs_err::read(&weights).unwrap();
    let name = b"model.embed_tokens.weight";
    let at = bytes.windows(name.len()).position(|own| own == name).unwrap();
    bytes[at..at + 5].copy_from_slice(b"MODEL");
    fs_err::write(&weights, bytes).unwrap();
    let (code, said) = watch(&folder, &["--until-idle", "3s"]).ended();
    assert_eq!(code, Some(1), "{said}");
    let count = |words: &str| said.lines().filter(|line| line.contains(words)).count();
    assert_eq!(count("is scored"), 1, "{said}");
    assert!(count("is tried again") > 2, "{said}");
}

#[test]
fn a_way_that_is_new_starts_with_what_is_news_from_then_on() {
    let hook = Webhook::start(&[]);
    let folder = run("");
    appears(&folder, &newest_two()[1]);
    let once = || folder.run(&["watch", "run.yaml", "--limit", "20", "--once"]).stderr;
    let without = once();
    assert!(without.contains("hellaswag"), "{without}");
    let webhook = format!("  webhook: {}\n", hook.address);
    folder.write("run.yaml", &text("pilot_letters, hellaswag", &webhook));
    once();
    assert_eq!(hook.asked(), 0, "what was known before is no news: {:?}", hook.taken());
    folder.write("run.yaml", &text("pilot_letters, hellaswag, piqa", &webhook));
    once();
    let told = hook.taken();
    let words = told[0]["text"].as_str().unwrap();
    assert!(told.len() == 1 && words.contains("piqa") && !words.contains("hellaswag"), "{told:?}");
}

#[test]
fn a_checkpoint_that_comes_between_two_looks_is_seen_at_once() {
    if !std::path::Path::new("/proc/sys/fs/inotify").exists() {
        writeln!(std::io::stderr(), "skipped: this system does not tell of files that come").unwrap();
        return;
    }
    let folder = run("");
    let often = fs_err::read_to_string(folder.path("run.yaml")).unwrap();
    folder.write("run.yaml", &often.replace("every: 0.2s", "every: 5m"));
    let mut watching = watch(&folder, &[]);
    watching.wait_for("hellaswag"); // a task without data is told before the first look
    std::thread::sleep(Duration::from_secs(2));
    for name in newest_two() {
        let came = Instant::now();
        appears(&folder, &name);
        watching.wait_for(&format!("step {} is scored", name.trim_start_matches("checkpoint-")));
        assert!(came.elapsed() < Duration::from_mins(2), "the next look would be five minutes later");
        std::thread::sleep(Duration::from_secs(2));
    }
}
