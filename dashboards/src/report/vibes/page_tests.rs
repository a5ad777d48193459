//! The pages of packs, as a reader and the scripts find them.

use std::path::Path;
use std::sync::Arc;

use spyglass_tasks::vibes::{Transcript, TurnRecord};

use crate::report;
use crate::report::made_up::{branch, run, scored};
use crate::run::{PackUnit, Run};

/// A pack with one conversation for each prompt, all of these words.
fn pack(name: &str, prompts: &[&str], reply: &str) -> PackUnit {
    let talk = |prompt: &&str| Transcript {
        pack: name.to_owned(),
        prompt: (*prompt).to_owned(),
        turns: vec![TurnRecord { reply: reply.to_owned(), ..TurnRecord::default() }],
        passed: Some(true),
        score: Some(1.0),
        ..Transcript::default()
    };
    let record = scored("trunk", 1, name, 1.0).record;
    PackUnit { record, transcripts: Arc::new(prompts.iter().map(talk).collect()) }
}

fn made(weights: &str) -> Run {
    let long = "the sea was calm and the wind was rising over the bay ".repeat(12);
    let packs = vec![pack("pirate", &["a", "b"], &long), pack("riddles", &["c"], "aye")];
    let mut run = Run { packs, ..run(vec![branch("trunk", None, &[1])], Vec::new()) };
    run.packs[0].record.inputs.weights = weights.to_owned();
    run
}

fn page(run: &Run, path: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let index = report::write(run, &dir.path().join("report")).unwrap();
    fs_err::read_to_string(index.parent().unwrap_or(Path::new("")).join(path)).unwrap()
}

#[test]
fn the_prompt_after_a_packs_last_is_the_next_packs_first() {
    let last = page(&made("w"), "vibes/pirate-b.html");
    assert!(last.contains("id=\"prompt-before\" href=\"pirate-a.html\""), "{last}");
    assert!(last.contains("id=\"prompt-after\" href=\"riddles-c.html\""), "{last}");
    let first = page(&made("w"), "vibes/pirate-a.html");
    assert!(!first.contains("id=\"prompt-before\""));
}

#[test]
fn votes_on_two_runs_of_one_name_are_kept_apart() {
    let mark = |weights: &str| {
        let html = page(&made(weights), "vibes/index.html");
        html.split("data-mark=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!((mark("0123456789abcdef"), mark("fedcba9876543210")), ("01234567".into(), "fedcba98".into()));
}

#[test]
fn dryness_is_drawn_where_enough_was_said_and_told_where_not() {
    let html = page(&made("w"), "vibes/index.html");
    let part =
        |id: &str| html.split(&format!("id=\"{id}\"")).nth(1).unwrap().split("</details>").next().unwrap().to_owned();
    let (pirate, riddles) = (part("dry-1"), part("dry-2"));
    assert!(pirate.contains("<b>MATTR</b>") && !pirate.contains("too short"), "{pirate}");
    assert!(!riddles.contains("<b>MATTR</b>") && riddles.contains("under 50 words at 1 of 1 checkpoints"), "{riddles}");
}
