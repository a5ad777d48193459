//! Pages of prompts that pass by luck alone seldom say that one came, went or stays; pages of prompts that turned do.

use std::sync::Arc;

use serde_json::{from_value, json};
use spyglass_tasks::vibes::Transcript;

use super::course::courses;
use super::grid::grids;
use crate::draws::draws;
use crate::report::made_up::{branch, run};
use crate::run::{PackUnit, Run, UnitRecord};

const PAGES: u64 = 200;

/// A trunk with two packs of `prompts` prompts asked twice; `talk` gives verdict and margin of a pack's prompt at a checkpoint.
fn page(checkpoints: u64, prompts: usize, mut talk: impl FnMut(usize, usize, u64) -> (bool, f64)) -> Run {
    let steps: Vec<u64> = (1..=checkpoints).collect();
    let mut page = run(vec![branch("trunk", None, &steps)], Vec::new());
    for (pack, name) in ["manners", "sea"].into_iter().enumerate() {
        for checkpoint in &page.tree.branches[0].checkpoints {
            let record: UnitRecord = from_value(json!({
                "key": "k", "task": name, "shots": 0, "chance": null, "primary_metric": "passed", "items": 1, "items_total": 1,
                "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": name,
                    "task_definition": "d", "data": "d", "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config",
                    "scoring_version": 1},
                "checkpoint": checkpoint, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [], "metrics": [],
                "cost": {"seconds": 1.0, "tokens_computed": 1, "tokens_requested": 1}, "finished": "2026-11-24T00:00:00Z",
                "version": "0.1.0"
            }))
            .unwrap();
            let transcripts = (0..prompts).flat_map(|prompt| (0..2).map(move |repeat| (prompt, repeat)));
            let transcripts = transcripts.map(|(prompt, repeat)| {
                let (passed, margin) = talk(pack, prompt, checkpoint.step);
                Transcript {
                    prompt: format!("p{prompt}"),
                    repeat,
                    passed: Some(passed),
                    score: Some(f64::from(u8::from(passed))),
                    margin: Some(margin),
                    ..Transcript::default()
                }
            });
            page.packs.push(PackUnit { record, transcripts: Arc::new(transcripts.collect()) });
        }
    }
    page
}

/// All that is said of the packs and of their prompts.
fn stories(run: &Run) -> Vec<String> {
    let courses = courses(run);
    let mut told: Vec<String> = courses.iter().filter_map(|course| course.story(run, courses.len())).collect();
    for grid in grids(run) {
        told.extend(grid.rows.iter().map(|row| row.story.clone()));
        for prompt in grid.rows.chunk_by(|a, b| a.prompt == b.prompt) {
            let talks: Vec<_> = prompt.iter().map(|row| (row.course, row.story.as_str())).collect();
            told.push(grid.way.together(&talks, &vec![None; run.tree.branches[0].checkpoints.len()]));
        }
    }
    told
}

fn claims(told: &[String]) -> Vec<&String> {
    let words = ["since", "stay", "comes", "come and go", "no more"];
    told.iter().filter(|story| words.iter().any(|word| story.contains(word))).collect()
}

#[test]
fn pages_of_luck_claim_nothing() {
    for (checkpoints, prompts) in [(3, 2), (6, 1), (6, 10), (12, 20), (30, 6)] {
        let mut luck = draws(checkpoints * 1000 + prompts as u64);
        let mut wrong = 0;
        for _ in 0..PAGES {
            let rates: Vec<f64> = (0..2 * prompts).map(|_| luck()).collect();
            let coin = |pack: usize, prompt: usize, _| (luck() < rates[pack * prompts + prompt], luck() - luck());
            wrong += usize::from(!claims(&stories(&page(checkpoints, prompts, coin))).is_empty());
        }
        assert!(
            wrong <= PAGES as usize / 20,
            "{prompts} prompts at {checkpoints} checkpoints: {wrong} of {PAGES} pages"
        );
    }
}

#[test]
fn what_turned_is_said() {
    let mut luck = draws(7);
    let turned = |_, _, step| (step > 6, if step > 4 { 2.0 } else { -2.0 } + luck());
    let told = stories(&page(12, 10, turned));
    let both = claims(&told);
    assert!(both[0].starts_with("what it asks for comes between 6 M and 7 M tokens and stays"), "{}", both[0]);
    assert!(both[0].contains("the margins favour it since 5 M tokens, before the verdicts did"), "{}", both[0]);
    assert_eq!(told.iter().filter(|story| *story == "passes since 7 M").count(), 2 * 2 * 10);
    assert_eq!(told.iter().filter(|story| *story == "of 2: 2 stay").count(), 2 * 10);
    // Six checkpoints are too few for one prompt, and enough for the ten of a pack.
    let told = stories(&page(6, 10, |_, _, step| (step > 3, 0.0)));
    let short = claims(&told);
    assert_eq!(short.len(), 2, "{short:#?}");
    assert!(told.contains(&"passed at 3 of 6 checkpoints, the last 3".to_owned()));
}
