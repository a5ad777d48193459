//! The pilot's lettered items have no shortcut: who counts words instead of knowing facts and binding them to letters is at chance.

use serde_json::Value;
use std::collections::HashMap;

/// A lettered item.
struct Item {
    choices: Vec<String>,
    answer: usize,
}

fn items(task: &str) -> Vec<Item> {
    let path = crate::program::pilot().join(format!("tasks/{task}.jsonl"));
    let text = fs_err::read_to_string(path).unwrap();
    let item = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let answer = usize::try_from(row["answer"].as_u64().unwrap()).unwrap();
        Item { choices: serde_json::from_value(row["choices"].clone()).unwrap(), answer }
    };
    text.lines().map(item).collect()
}

/// What a counter of words sees of one choice: its letter, its option, and the letter with every option that stands beside it.
fn features(item: &Item, choice: usize) -> Vec<String> {
    let around = item.choices.iter().enumerate().map(|(place, option)| format!("{choice} where {place} is {option}"));
    around.chain([format!("letter {choice}"), item.choices[choice].clone()]).collect()
}

/// Accuracy of naive Bayes over [`features`]: counted on every other item, asked about the rest.
fn share_right_by_counting(items: &[Item]) -> f64 {
    let (asked, known): (Vec<_>, Vec<_>) = items.iter().enumerate().partition(|(index, _)| index % 2 == 0);
    let mut seen = [HashMap::<String, f64>::new(), HashMap::new()];
    for (_, item) in &known {
        for choice in 0..item.choices.len() {
            for feature in features(item, choice) {
                *seen[usize::from(choice == item.answer)].entry(feature).or_default() += 1.0;
            }
        }
    }
    let evidence = |item: &Item, choice: usize| -> f64 {
        let count = |right: usize, feature: &str| seen[right].get(feature).copied().unwrap_or_default() + 0.5;
        features(item, choice).iter().map(|feature| (count(1, feature) / count(0, feature)).ln()).sum()
    };
    let guess = |item: &Item| (0..4).max_by(|a, b| evidence(item, *a).total_cmp(&evidence(item, *b))).unwrap();
    let right = asked.iter().filter(|(_, item)| guess(item) == item.answer).count();
    right as f64 / asked.len() as f64
}

#[test]
fn counting_words_does_not_answer_with_letters() {
    for task in ["pilot_letters", "pilot_letters_b"] {
        let mut items = items(task);
        let error = (0.25 * 0.75 / (items.len() / 2) as f64).sqrt();
        let share = share_right_by_counting(&items);
        assert!(share < 0.25 + 3.0 * error, "{task}: {share} by counting words, chance 0.25 ± {error}");
        // The counter does find a shortcut where one is.
        for item in &mut items {
            let right = item.answer;
            item.choices[right] = "emerald".to_owned();
        }
        assert!(share_right_by_counting(&items) > 0.9, "{task}: a giveaway is not seen");
    }
}
