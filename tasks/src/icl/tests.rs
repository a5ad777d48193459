//! Tests of `icl`.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row[column].as_str().unwrap()
}

/// Share of rows whose gold is each choice.
fn gold_shares(rows: &[Row]) -> Vec<f64> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row["gold"].as_u64().unwrap()).or_default() += 1;
    }
    counts.values().map(|count| *count as f64 / rows.len() as f64).collect()
}

#[test]
fn rows_are_the_same_every_time_and_all_differ() {
    for (name, make) in DATASETS {
        let rows = make();
        assert_eq!(rows, make(), "{name}");
        let distinct: BTreeSet<String> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
        // Only a one-word dictionary over the same word and label could repeat.
        assert!(distinct.len() + 3 >= rows.len(), "{name}: {} of {}", distinct.len(), rows.len());
    }
    assert!(rows("copy_17").unwrap_err().to_string().contains("copy_17"));
}

#[test]
fn guessing_one_choice_scores_chance() {
    for (name, choices) in [("mapping_16", 4), ("mapping_1", 4), ("flipped", 2), ("repeated", 2)] {
        let shares = gold_shares(&rows(name).unwrap());
        assert_eq!(shares.len(), choices);
        let chance = 1.0 / choices as f64;
        assert!(shares.iter().all(|share| (share - chance).abs() < 0.03), "{name}: {shares:?}");
    }
}

#[test]
fn enough_items_for_a_point() {
    for (name, make) in DATASETS.iter().filter(|(name, _)| !name.starts_with("copy")) {
        // Worst case of independent items: √(.25 / n) ≤ .01, with room for items that share their shots.
        assert!(make().len() >= 3000, "{name}");
    }
}

#[test]
fn a_mapping_is_answered_by_its_shots() {
    for shots in [1, 2, 4, 8, 16] {
        for row in rows(&format!("mapping_{shots}")).unwrap().iter().take(200) {
            let prompt = text(row, "prompt");
            let (shown, asked) = prompt.rsplit_once('\n').unwrap();
            let pairs: Vec<(&str, &str)> = shown.lines().map(|line| line.split_once(": ").unwrap()).collect();
            assert_eq!(pairs.len(), shots);
            let words: BTreeSet<&str> = pairs.iter().map(|(word, _)| *word).collect();
            assert_eq!(words.len(), shots, "a word twice in {prompt}");
            let asked = asked.strip_suffix(':').unwrap();
            let (_, label) = pairs.iter().find(|(word, _)| *word == asked).unwrap();
            assert_eq!(row["choices"][row["gold"].as_u64().unwrap() as usize], *label);
        }
    }
}

#[test]
fn flipped_twins_differ_in_their_labels_alone() {
    let (flipped, control) = (rows("flipped").unwrap(), rows("flipped_control").unwrap());
    for (flipped, control) in flipped.iter().zip(&control) {
        let swap = |text: &str| text.replace("positive", "#").replace("negative", "positive").replace('#', "negative");
        assert_eq!(text(flipped, "prompt"), swap(text(control, "prompt")));
        assert_ne!(flipped["gold"], control["gold"]);
    }
}

#[test]
fn repeated_shots_share_the_wrong_answer() {
    for row in rows("repeated").unwrap().iter().take(200) {
        let prompt = text(row, "prompt");
        let answers: BTreeSet<&str> = prompt.lines().filter_map(|line| line.strip_prefix("Sentiment: ")).collect();
        assert_eq!(answers.len(), 1, "{prompt}");
        let gold = row["choices"][row["gold"].as_u64().unwrap() as usize].as_str().unwrap();
        assert!(!answers.contains(gold), "{prompt}");
    }
}
