//! Talks by hand, and what readers say of answers.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use super::talks;
use crate::program::{Ran, RunFolder, spyglass};

/// Types lines into `spyglass chat`.
pub(super) fn chat(folder: &RunFolder, lines: &str) -> Ran {
    let mut child = spyglass()
        .current_dir(folder.path("."))
        .args(["chat", "--temperature", "9", "--max-tokens", "8", "--stop", "user", "--model"])
        .arg(folder.checkpoint())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_talk_is_retried_seeded_and_saved_as_a_pack_that_runs() {
    let folder = RunFolder::small();
    let said = chat(
        &folder,
        "/system speak {{ plainly }} .\nhow is the sea ?\n/retry\n/retry\n/seed 9\n/retry\n/seed 9\n/retry\n",
    );
    let replies: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(replies.len(), 5, "{said:?}");
    assert!(replies[1..3].iter().any(|reply| *reply != replies[0]), "another reply: {replies:?}");
    assert_eq!(replies[3], replies[4], "a seed draws the same again");
    let said = chat(
        &folder,
        "/system speak {{ plainly }} .\nhow is the sea ?\n/temperature 0\nhave you gold ?\n/temperature cold\n/sing\n/save my-talk.yaml\n/save my-talk.yaml\n/new\n/retry\n",
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    for words in [
        "/temperature takes",
        "/sing is not a command",
        "saved as my-talk.yaml",
        "is there already",
        "nothing was said yet",
    ] {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }
    assert_eq!(folder.run(&["check", "my-talk.yaml"]).code, Some(0));
    let pack = fs_err::read_to_string(folder.path("my-talk.yaml")).unwrap();
    let held = talks(&folder, &pack, &[]);
    assert_eq!(held[0].turns.len(), 2);
    assert_eq!(held[0].system.as_deref(), Some("speak {{ plainly }} ."), "braces are words here");
    assert_eq!((held[0].sampling.max_tokens, &held[0].sampling.stop[..]), (8, &["user".to_owned()][..]));
}

#[test]
fn ratings_are_checked_told_of_and_never_lost() {
    let folder = RunFolder::small();
    folder.write("talk.yaml", "pack: quay\ndefaults: {max_tokens: 2}\nprompts:\n  - {id: sea, vars: {who: [ann, ben]}, turns: [{user: '{{ who }}'}]}\n");
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntasks: []\nprompts: [./talk.yaml]\n");
    let mut steps: Vec<u64> = fs_err::read_dir(folder.path("trunk"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().rsplit('-').next().unwrap().parse().unwrap())
        .collect();
    steps.sort_unstable();
    let vote = |rater: &str, stars: u64, change: (&str, Value)| {
        let mut line = serde_json::json!({"rater": rater, "pack": "quay", "prompt": "sea", "variables": {"who": "ann"}, "kind": "stars",
            "at": {"branch": "trunk", "step": steps[0]}, "stars": stars, "note": "", "time": "2026-01-01T10:00:00Z"});
        line[change.0] = change.1;
        line.to_string() + "\n"
    };
    let merge = |text: &str, options: &[&str]| {
        folder.write("votes.jsonl", text);
        folder.run(&[&["ratings", "merge", "run.yaml", "votes.jsonl"], options].concat())
    };
    let none = || ("note", Value::from(""));
    let early = merge(&vote("ann", 4, none()), &[]);
    assert!(early.code == Some(0) && early.stderr.contains("nothing was swept here yet"), "{}", early.stderr);
    assert_eq!(folder.run(&["sweep", "run.yaml"]).code, Some(0));

    let place = |branch: &str, step: u64| serde_json::json!({"branch": branch, "step": step});
    let unknown = [
        (("pack", "zzz".into()), "no pack `zzz`"),
        (("prompt", "zzz".into()), "no prompt `zzz` of pack `quay`"),
        (("variables", serde_json::json!({"who": "zzz"})), "the variables {\"who\":\"zzz\"}"),
        (("at", place("zzz", steps[0])), "no branch `zzz`"),
        (("at", place("trunk", 7)), "no step 7 of branch `trunk`"),
        (("at", serde_json::json!({"branch": "trunk", "step": steps[0], "variant": "ema"})), "(ema) of branch `trunk`"),
    ];
    for (change, words) in unknown {
        let told = merge(&vote("ann", 4, change), &[]);
        assert!(told.code == Some(0) && told.stderr.contains("votes.jsonl, line 1"), "{}", told.stderr);
        assert!(told.stderr.contains(words) && told.stderr.contains("1 new rating"), "`{words}`: {}", told.stderr);
    }
    let kept = || fs_err::read_to_string(folder.path("results/ratings.jsonl")).unwrap();
    let before = kept();
    assert_eq!(before.lines().count(), 7);
    let known = merge(&vote("ann", 4, none()), &[]);
    assert!(known.stderr.contains("0 new ratings, 7 in all") && !known.stderr.contains("no "), "{}", known.stderr);
    for (votes, words) in [
        (vote("ann", 5, none()), "`ann` has judged this otherwise before"),
        (format!("{}{}", vote("ben", 3, none()), vote("ben", 9, none())), "line 2: is not a rating"),
    ] {
        let refused = merge(&votes, &[]);
        assert!(refused.code == Some(2) && refused.stderr.contains(words), "{}", refused.stderr);
        assert_eq!(kept(), before, "nothing is merged of a file that is refused");
    }
    let renamed = merge(&vote("ann", 5, none()), &["--rater", "ben"]);
    assert!(renamed.code == Some(0) && renamed.stderr.contains("1 new rating, 8 in all"), "{}", renamed.stderr);
    let replaced = merge(&vote("ann", 5, none()), &["--replace"]);
    assert!(replaced.stderr.contains("0 new ratings, 1 replaced, 8 in all"), "{}", replaced.stderr);
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    let page = fs_err::read_to_string(folder.path("results/report/vibes/index.html")).unwrap();
    assert!(page.contains("5 by 2 raters") && page.contains("Left out: 3 on checkpoints"), "{page}");
}
