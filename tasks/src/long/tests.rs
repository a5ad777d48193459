//! Tests of `long`.

mod refusals;
mod shortcuts;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use super::spec::Kind;
use super::*;
use crate::{Answer, Catalogue, Error, Item, Query, Text};

/// A tokenizer that takes each run of letters, each digit and each other sign for a token.
fn count(text: &str) -> usize {
    let mut tokens = 0;
    let mut in_word = false;
    for c in text.chars() {
        tokens += usize::from(!(c.is_whitespace() || c.is_alphabetic() && in_word));
        in_word = c.is_alphabetic();
    }
    tokens
}

fn items(task: &str, limit: usize) -> Vec<Item> {
    let selection = Catalogue::shipped().unwrap().select(task).unwrap();
    let [task] = &selection.leaves[..] else { panic!("{task} is one task") };
    let items = task.items(&[], Some(limit)).unwrap();
    assert!(items.bad_rows.is_empty(), "{:?}", items.bad_rows);
    items.items.iter().map(|item| item.fitted(|text| Ok::<_, Error>(count(text))).unwrap().into_owned()).collect()
}

const FAMILIES: [&str; 9] =
    ["needle", "keys", "queries", "values", "variables", "common", "frequent", "facts", "two_facts"];

#[test]
fn texts_are_as_long_as_is_asked_and_hold_the_answer() {
    for family in FAMILIES {
        for length in [1024, 4096] {
            for item in items(&format!("long_{family}_{length}"), 12) {
                let (context, place) = (item.context(), item.place().unwrap());
                let Some(Query::Generate { settings, .. }) = item.queries().pop() else { panic!("{family}") };
                let (tokens, most) = (count(context), length - settings.max_tokens);
                // One piece of filler more is too much; the longest is a block of words.
                assert!(tokens <= most && tokens + 40 > most, "{family}: {tokens} of {most}");
                assert_eq!((place.family.as_str(), place.length), (format!("long_{family}").as_str(), length));
                let right = &item.choices[item.gold];
                for answer in right.split(", ") {
                    assert!(context.contains(answer), "{family}: {answer} in {context}");
                }
                let distinct: BTreeSet<&String> = item.choices.iter().collect();
                assert_eq!(distinct.len(), item.choices.len(), "{family}: {:?}", item.choices);
            }
        }
    }
}

#[test]
fn a_needle_lies_where_its_depth_says() {
    for family in ["needle", "keys", "facts", "two_facts"] {
        for item in items(&format!("long_{family}_4096"), 20) {
            let context = item.context();
            let right = &item.choices[item.gold];
            let sentence = if family == "needle" || family == "keys" {
                format!("is {right}.")
            } else {
                format!("to the {right}.")
            };
            let places: Vec<f64> =
                context.match_indices(&sentence).map(|(at, _)| at as f64 / context.len() as f64).collect();
            let depth = item.place().unwrap().depth.unwrap();
            assert!(places.iter().any(|place| (place - depth).abs() < 0.04), "{family}: {depth} is none of {places:?}");
        }
    }
}

#[test]
fn the_right_answer_follows_from_the_text() {
    for item in items("long_facts_1024", 80) {
        let (who, _) = item.context().rsplit_once("Now ").unwrap().1.split_once(' ').unwrap();
        let last = item.context().rsplit_once(&format!("{who} went to the ")).unwrap().1;
        assert!(last.starts_with(&item.choices[item.gold]), "{who}");
    }
    for item in items("long_two_facts_1024", 80) {
        let thing = item.context().rsplit_once("Now the ").unwrap().1.split_once(' ').unwrap().0;
        let (before, after) = item.context().split_once(&format!(" took the {thing}.")).unwrap();
        let who = before.rsplit_once(' ').map_or(before, |(_, who)| who);
        let last = after.rsplit_once(&format!("{who} went to the ")).unwrap().1;
        assert!(last.starts_with(&item.choices[item.gold]), "{who} {thing}");
    }
    for item in items("long_variables_2048", 40) {
        let context = item.context();
        let mut value = context.rsplit_once("with the value ").unwrap().1.trim_end_matches(" are").to_owned();
        let mut chain = Vec::new();
        while let Some((before, _)) = context.split_once(&if chain.is_empty() {
            format!(" has the value {value}.")
        } else {
            format!(" has the value of {value}.")
        }) {
            value = before.rsplit_once(' ').unwrap().1.to_owned();
            chain.push(value.clone());
        }
        assert_eq!(chain.join(", "), item.choices[item.gold]);
    }
    for (task, most) in [("long_common_1024", 10), ("long_frequent_1024", 3)] {
        for item in items(task, 10) {
            let list = item.context().split("\n\n").nth(1).unwrap();
            let mut counts = std::collections::BTreeMap::<&str, usize>::new();
            list.split(' ').for_each(|word| *counts.entry(word).or_default() += 1);
            let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
            words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let top: Vec<&str> = words[..most].iter().map(|(word, _)| *word).collect();
            assert!(words[most - 1].1 > words[most].1, "{task}: {words:?}");
            match most {
                3 => assert_eq!(top.join(", "), item.choices[item.gold]),
                _ => assert!(top.contains(&item.choices[item.gold].as_str())),
            }
        }
    }
}

#[test]
fn texts_of_a_length_begin_alike_and_several_needles_share_all_of_it() {
    let shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let needle = items("long_needle_4096", 10);
    for pair in [(1, 2), (2, 3), (3, 4), (3, 8)] {
        let (a, b) = (needle[pair.0].context(), needle[pair.1].context());
        let least = needle[pair.0].place().unwrap().depth.unwrap();
        assert!(shared(a, b) as f64 > (least - 0.04) * a.len() as f64, "{pair:?}: {}", shared(a, b));
    }
    let keys = items("long_keys_4096", 5);
    for item in &keys[1..] {
        assert!(shared(keys[0].context(), item.context()) + 200 > item.context().len());
    }
}

#[test]
fn several_lockers_are_asked_for_at_once_and_codes_of_the_wrong_ones_are_no_answer() {
    let items = items("long_queries_1024", 40);
    assert_eq!(items.len(), 40);
    for pair in items.chunks(2) {
        let asked = pair.iter().map(|item| {
            let (text, question) = item.context().rsplit_once("Answer: The codes of ").unwrap();
            let lockers = question.strip_suffix(" are").unwrap().replace(" and ", ", ");
            let code = |locker| text.split_once(&format!("The code of {locker} is ")).unwrap().1[..7].to_owned();
            let codes: Vec<String> = lockers.split(", ").map(code).collect();
            assert_eq!((codes.len(), codes.join(", ")), (4, item.choices[item.gold].clone()));
            let sets = item.choices.iter().map(|choice| choice.split(", ").collect::<BTreeSet<_>>());
            // The same codes in two orders, and each of these with one code of the four lockers that the other question asks for.
            let right: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
            let others: Vec<_> = sets.filter(|set| *set != right).collect();
            assert!(others.len() == 2 && others[0] == others[1], "{others:?}");
            let strange: Vec<_> = others[0].difference(&right).collect();
            assert!(strange.len() == 1 && text.contains(&format!(" is {}.", strange[0])), "{strange:?}");
            lockers
        });
        let lockers: BTreeSet<String> =
            asked.flat_map(|asked| asked.split(", ").map(str::to_owned).collect::<Vec<_>>()).collect();
        assert_eq!(lockers.len(), 8, "no locker is asked for twice: {lockers:?}");
    }
}

#[test]
fn several_codes_of_each_of_several_lockers_stand_in_the_order_asked_for() {
    let tasks = file("  kind: needle\n  lengths: [1024]\n  keys: 3\n  queries: 2\n  values: 2\n").unwrap();
    for item in tasks[0].items(&[], None).unwrap().items {
        let item = item.fitted(|text| Ok::<_, Error>(count(text))).unwrap();
        assert_eq!(copied(item.context()).trim(), item.choices[item.gold]);
        assert!(item.context().contains(" 2 codes of each of the ") && item.place().unwrap().depth.is_none());
        // The third locker is not asked for: its codes stand in the wrong choices.
        let mut codes = item.choices.iter().flat_map(|choice| choice.split(", "));
        assert!(codes.all(|code| item.context().contains(&format!(" is {code}."))), "{:?}", item.choices);
    }
}

/// Whoever looks up the lockers that the question names, and copies what the text says of each.
fn copied(context: &str) -> String {
    let (text, asked) = context.rsplit_once("Answer: ").unwrap();
    let lockers = asked.split_once(" of ").unwrap().1.trim_end_matches(" is").trim_end_matches(" are");
    let mut codes = Vec::new();
    for locker in lockers.replace(" and ", ", ").split(", ") {
        let told = format!(" code of {locker} is ");
        codes.extend(text.split(&told).skip(1).map(|rest| rest.split_once('.').unwrap().0));
    }
    format!(" {}", codes.join(", "))
}

#[test]
fn a_reader_that_copies_finds_every_needle_at_every_depth() {
    for (task, count, depths) in [
        ("long_needle_1024", 25, 5),
        ("long_keys_1024", 25, 5),
        ("long_keys_8192", 25, 5),
        ("long_queries_1024", 25, 1),
        ("long_queries_8192", 25, 1),
        ("long_values_1024", 20, 1),
    ] {
        let selection = Catalogue::shipped().unwrap().select(task).unwrap();
        let records: Vec<_> = items(task, 25)
            .iter()
            .map(|item| {
                let answer = |query: Query| match query {
                    Query::LogLikelihood { context: Text::Text(context), continuation: Text::Text(continuation) } => {
                        let logprob = if copied(&context).starts_with(&continuation) { -0.1 } else { -9.0 };
                        Answer { logprob, tokens: 7, ..Answer::default() }
                    }
                    Query::Generate { context: Text::Text(context), .. } => {
                        Answer { text: Some(copied(&context)), ..Answer::default() }
                    }
                    other => panic!("{other:?}"),
                };
                item.record(&item.queries().into_iter().map(answer).collect::<Vec<_>>()).unwrap()
            })
            .collect();
        let scores = selection.leaves[0].grade(&records).unwrap();
        for name in ["acc", "recall"] {
            let score = scores.iter().find(|score| score.name == name).unwrap();
            assert_eq!((score.value, score.n), (1.0, count), "{task}: {name}");
        }
        let places: BTreeSet<String> =
            records.iter().map(|record| format!("{:?}", record.long.as_ref().unwrap().depth)).collect();
        assert_eq!(places.len(), depths, "{task}: {places:?}");
    }
}

fn file(long: &str) -> Result<Vec<crate::Task>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let text = "task: mine_{subject}\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: question\ndoc_to_target: gold\n\
                doc_to_choice: choices\nlong:\n";
    fs_err::write(&path, format!("{text}{long}")).unwrap();
    fs_err::write(folder.path().join("notes.txt"), "It rained. \"Was it wet?\" she said!  Nobody\nknew.").unwrap();
    fs_err::write(folder.path().join("empty.txt"), " \n").unwrap();
    let selection = Catalogue::shipped().unwrap().select(path.to_str().unwrap())?;
    for task in &selection.leaves {
        task.items(&[], Some(2))?;
    }
    Ok(selection.leaves)
}

#[test]
fn a_file_is_the_filler_as_often_as_it_takes() {
    let tasks = file("  kind: needle\n  lengths: [512, 1024]\n  filler: notes.txt\n").unwrap();
    assert_eq!(tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(), ["mine_512", "mine_1024"]);
    assert_ne!(tasks[0].definition_hash(), tasks[1].definition_hash());
    let body = super::body::Body::of_text("It rained. \"Was it wet?\" she said!  Nobody\nknew.").unwrap();
    let pieces: Vec<String> = (0..5).map(|at| body.piece(at).into_owned()).collect();
    assert_eq!(pieces, ["It rained.", "\"Was it wet?\"", "she said!", "Nobody knew.", "It rained."]);
}

/// As texts were laid out from the beginning: the whole is counted at each step.
fn step_by_step(laid_out: impl Fn(usize) -> String, most: usize) -> String {
    let mut pieces = 1;
    while count(&laid_out(pieces + 1)) <= most {
        pieces += 1;
    }
    laid_out(pieces)
}

#[test]
fn texts_are_those_of_counting_step_by_step_and_counted_about_once() {
    for family in FAMILIES {
        let selection = Catalogue::shipped().unwrap().select(&format!("long_{family}_4096")).unwrap();
        let known = RefCell::new(HashMap::<String, usize>::new());
        for item in &selection.leaves[0].items(&[], Some(6)).unwrap().items {
            let crate::question::Question::Long(long) = &item.question else { panic!("{family}") };
            let whole = Cell::new(0);
            let remembering = |text: &str| {
                let mut known = known.borrow_mut();
                let tokens = *known.entry(text.to_owned()).or_insert_with(|| count(text));
                whole.set(whole.get() + usize::from(text.len() > 8192));
                Ok::<_, Error>(tokens)
            };
            let text = long.lay_out(remembering).unwrap().unwrap();
            let most = long.place.length - long.reply.max_tokens;
            assert_eq!(text, step_by_step(|pieces| long.haystack.text(pieces, &long.question), most), "{family}");
            assert_eq!(whole.get(), 1, "{family}");
        }
    }
}

/// A tokenizer whose tokens span two sentences, so that the whole is not the sum of its pieces.
#[test]
fn a_tokenizer_that_joins_sentences_gets_full_texts_too() {
    let joining = |text: &str| count(text) - text.matches(". T").count();
    let selection = Catalogue::shipped().unwrap().select("long_needle_1024").unwrap();
    for item in &selection.leaves[0].items(&[], Some(5)).unwrap().items {
        let crate::question::Question::Long(long) = &item.question else { panic!() };
        let text = long.lay_out(|text| Ok::<_, Error>(joining(text))).unwrap().unwrap();
        let most = long.place.length - long.reply.max_tokens;
        let tokens = joining(&text);
        assert!(tokens <= most && tokens + 25 > most, "{tokens} of {most}");
    }
}

fn spec(kind: Kind) -> LongSpec {
    LongSpec { kind, lengths: vec![64], depths: None, texts: 1, keys: 1, queries: 1, values: 1, hops: 1, filler: None }
}
