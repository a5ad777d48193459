//! The pages of packs, as a reader and the scripts find them.

use std::path::Path;
use std::sync::Arc;

use spyglass_tasks::vibes::dryness::StockPhrases;
use spyglass_tasks::vibes::{Transcript, TurnRecord};

use crate::report;
use crate::report::made_up::{branch, run, scored};
use crate::run::{PackUnit, Run, StockList, side_by_side};

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

fn made(mark: &str) -> Run {
    let long = "the sea was calm and the wind was rising over the bay ".repeat(12);
    let packs = vec![pack("pirate", &["a", "b"], &long), pack("riddles", &["c"], "aye")];
    Run { packs, mark: mark.into(), ..run(vec![branch("trunk", None, &[1])], Vec::new()) }
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
    let mark = |mark: &str| {
        let html = page(&made(mark), "vibes/index.html");
        html.split("data-mark=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!((mark("01234567"), mark("fedcba98")), ("01234567".into(), "fedcba98".into()));
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

#[test]
fn stock_phrases_are_those_that_the_run_file_names() {
    let phrases = "plots/vibes.dry.1.5.csv";
    let shipped = page(&made("w"), "vibes/index.html");
    assert!(shipped.contains("stock phrases (the list that comes with the program) are counted"), "{shipped}");
    assert!(!page(&made("w"), phrases).contains("8.33"));
    let list = StockList { file: "mine.yaml".into(), phrases: StockPhrases::of(&["the SEA"]).unwrap(), run: None };
    let own = Run { stock_phrases: Some(list), name: "own".into(), ..made("w") };
    assert!(page(&own, "vibes/index.html").contains("stock phrases (the 1 of mine.yaml) are counted"));
    // Twice twelve words of which one begins the phrase.
    let csv = page(&own, phrases);
    assert!(csv.contains("8.33"), "{csv}");
    let both = side_by_side(vec![made("v"), own]).unwrap();
    let told = "stock phrases (the 1 of mine.yaml, which the run file of own names, in all runs) are counted";
    assert!(page(&both, "vibes/index.html").contains(told));
    assert_eq!(page(&both, phrases).matches("8.33").count(), 2);
}
