//! The pilot's lettered items have no shortcut: who counts words, instead of knowing facts and binding them to letters, is at chance.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use spyglass_tasks::python::Random;

/// A lettered item.
struct Item {
    question: String,
    subject: String,
    choices: Vec<String>,
    answer: usize,
}

fn items(task: &str) -> Vec<Item> {
    let path = crate::program::pilot().join(format!("tasks/{task}.jsonl"));
    let text = fs_err::read_to_string(path).unwrap();
    let item = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let answer = usize::try_from(row["answer"].as_u64().unwrap()).unwrap();
        let choices = serde_json::from_value(row["choices"].clone()).unwrap();
        Item { question: text("question"), subject: text("subject"), choices, answer }
    };
    text.lines().map(item).collect()
}

#[test]
fn letters_are_right_and_options_wrong_equally_often() {
    for task in ["pilot_letters", "pilot_letters_b"] {
        let items = items(task);
        let mut letters = [0; 4];
        let mut options: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for item in &items {
            letters[item.answer] += 1;
            for (place, option) in item.choices.iter().enumerate() {
                let (offered, right) = options.entry(option).or_default();
                *offered += 1;
                *right += usize::from(place == item.answer);
            }
        }
        assert_eq!(letters, [items.len() / 4; 4], "{task}");
        for (option, (offered, right)) in options {
            assert_eq!(offered, 4 * right, "{task}: {option}");
        }
    }
}

/// Questions about the same facts as training texts ask them: options, their order and the letter are drawn anew.
fn drawn_anew(items: &[Item], count: usize, random: &mut Random) -> Vec<Item> {
    let mut values: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for item in items {
        let known = values.entry(&item.subject).or_default();
        for option in &item.choices {
            if !known.contains(&option) {
                known.push(option);
            }
        }
    }
    let mut draw = || {
        let item = &items[random.below(items.len())];
        let right = &item.choices[item.answer];
        let wrong: Vec<&String> =
            values[item.subject.as_str()].iter().copied().filter(|value| *value != right).collect();
        let drawn = random.sample(wrong.len(), 3).unwrap();
        let mut choices: Vec<String> = drawn.into_iter().map(|index| wrong[index].clone()).collect();
        let answer = random.below(4);
        choices.insert(answer, right.clone());
        Item { question: item.question.clone(), subject: item.subject.clone(), choices, answer }
    };
    (0..count).map(|_| draw()).collect()
}

/// What a counter of words sees of one choice: its letter and option, and the letter with the question and with each option beside it.
fn features(item: &Item, choice: usize) -> Vec<String> {
    let around = item.choices.iter().enumerate().map(|(place, option)| format!("{choice} where {place} is {option}"));
    let own = [format!("letter {choice}"), format!("{choice} of {}", item.question), item.choices[choice].clone()];
    around.chain(own).collect()
}

/// Accuracy on `asked` of naive Bayes over [`features`], counted on `known`.
fn share_right_by_counting(known: &[Item], asked: &[Item]) -> f64 {
    let mut seen = [HashMap::<String, f64>::new(), HashMap::new()];
    for item in known {
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
    asked.iter().filter(|item| guess(item) == item.answer).count() as f64 / asked.len() as f64
}

#[test]
fn counting_words_of_twenty_thousand_questions_answers_none_of_the_tests() {
    for task in ["pilot_letters", "pilot_letters_b"] {
        let mut asked = items(task);
        let mut random = Random::new(7);
        let known = drawn_anew(&asked, 20_000, &mut random);
        let share = share_right_by_counting(&known, &asked);
        // Each question stands in four items.
        let error = (0.25 * 0.75 / asked.len() as f64 * 4.0).sqrt();
        assert!((share - 0.25).abs() < 3.0 * error, "{task}: {share} by counting words, chance 0.25 ± {error}");
        // The counter does find a shortcut where one is: the right option is the same word everywhere.
        let mut known = known;
        for item in known.iter_mut().chain(&mut asked) {
            item.choices[item.answer] = "emerald".to_owned();
        }
        assert!(share_right_by_counting(&known, &asked) > 0.9, "{task}: a giveaway is not seen");
    }
}
