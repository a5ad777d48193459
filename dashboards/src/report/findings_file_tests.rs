//! The pages and `findings.json` say the same, and its schema knows every key of it.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, from_value, json};
use spyglass_tasks::MetricValue;

use crate::report::made_up::{branch, checkpoint, run};
use crate::report::{self, findings_schema};
use crate::run::{Run, Unit};

/// Twelve abilities that come one after another and one that comes with the third; a task that waits.
fn much_news() -> Run {
    let steps: Vec<u64> = (0..14).map(|k| k * 10).collect();
    let score = |came: usize, index: usize| if index < came { 0.25 } else { 0.95 };
    let tasks =
        (1..13).map(|came| (format!("task_{came:02}"), came)).chain([("twin".into(), 3), ("late <i>".into(), 99)]);
    let units: Vec<Unit> = tasks
        .flat_map(|(task, came)| {
            steps.iter().enumerate().map(move |(k, &step)| unit(&task, step, score(came, k))).collect::<Vec<_>>()
        })
        .collect();
    run(vec![branch("trunk", None, &steps)], units)
}

fn unit(task: &str, step: u64, value: f64) -> Unit {
    let record = from_value(json!({
        "key": "k", "task": task, "shots": 0, "chance": 0.25, "primary_metric": "acc", "items": 400, "items_total": 400,
        "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": task, "task_definition": "d",
            "data": "d", "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": checkpoint("trunk", step), "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "metrics": [MetricValue { name: "acc".into(), value, stderr: None, clustered_stderr: None, n: 400 }],
        "cost": {"seconds": 1.0, "tokens_computed": 10, "tokens_requested": 30}, "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
    }));
    Unit { record: record.unwrap(), items: Arc::new(Vec::new()) }
}

/// The part of a page between two marks.
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    page.split_once(from).unwrap().1.split_once(to).unwrap().0
}

fn escaped(text: &Value) -> String {
    text.as_str().unwrap().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value[key].as_array().unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    // The page writes some signs otherwise than the file does.
    let text = fs_err::read_to_string(folder.join(name)).unwrap();
    text.replace("&#x27;", "'").replace("&#39;", "'").replace("&quot;", "\"").replace("&#x2F;", "/")
}

#[test]
fn the_pages_and_the_file_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&much_news(), &folder.path().join("report")).unwrap();
    let folder = index.parent().unwrap();
    let file: Value = serde_json::from_str(&read(folder, "findings.json")).unwrap();
    let page = read(folder, "index.html");

    let happened = between(&page, "<h2>What happened</h2>", "</section>");
    let (shown, folded) = happened.split_once("<details id=\"more\">").expect("more than nine sentences");
    let sentences = list(&file, "sentences");
    for sentence in sentences {
        let place = if sentence["folded"] == true { folded } else { shown };
        assert!(place.contains(&escaped(&sentence["text"])), "{sentence}");
        assert!(place.contains(sentence["evidence"].as_str().unwrap()), "{sentence}");
        for line in list(sentence, "how_sure") {
            assert!(place.contains(&escaped(line)), "{line}");
        }
    }
    assert_eq!(happened.matches("how sure?").count(), sentences.len());
    let both = happened.split("<li>").find(|line| line.contains("both emerged")).unwrap();
    assert_eq!(both.matches("href=\"tasks/").count(), 2, "a link each: {both}");
    let hidden = sentences.iter().filter(|sentence| sentence["folded"] == true).count();
    assert!(folded.contains(&format!("and {hidden} more")) && sentences.len() - hidden == 9, "{hidden} are folded");

    for task in list(&file, "tasks") {
        let own = read(folder, task["page"].as_str().unwrap());
        for said in list(task, "told").iter().chain(list(task, "notes")) {
            assert!(own.contains(&escaped(said)), "{said} on the page of {}", task["name"]);
        }
        for line in list(task, "branches") {
            let words = line["words"].as_object().unwrap();
            let seen = words.values().filter(|words| **words != "");
            seen.for_each(|words| assert!(own.contains(&escaped(words)), "{words} on the page of {}", task["name"]));
            let score = format!("{:.1} %", 100.0 * line["score"].as_f64().unwrap());
            assert!(own.contains(&score) && page.contains(&score), "{score}");
        }
    }
}

#[test]
fn tasks_that_moved_together_are_one_sentence_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&much_news(), &folder.path().join("report")).unwrap();
    let file: Value = serde_json::from_str(&read(index.parent().unwrap(), "findings.json")).unwrap();
    let both: Vec<&Value> =
        list(&file, "sentences").iter().filter(|sentence| list(sentence, "tasks").len() == 2).collect();
    let [both] = both[..] else { panic!("{both:#?}") };
    let text = both["text"].as_str().unwrap();
    assert!(text.starts_with("task_03 and twin both emerged between 20 M and 30 M tokens; a "), "{text}");
    assert!(text.contains("rise of 70.0 points"), "{text}");
    let onsets: Vec<&Value> = list(both, "numbers").iter().filter(|number| number["name"] == "onset").collect();
    let ends = |number: &Value| (number["task"].clone(), number["low"].clone(), number["high"].clone());
    let ends: Vec<_> = onsets.into_iter().map(ends).collect();
    assert_eq!(ends, [("task_03".into(), json!(2e7), json!(3e7)), ("twin".into(), json!(2e7), json!(3e7))]);
}

#[test]
fn the_schema_knows_every_key() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&much_news(), &folder.path().join("report")).unwrap();
    let file: Value = serde_json::from_str(&read(index.parent().unwrap(), "findings.json")).unwrap();
    let schema = findings_schema();
    let keys = check(&schema, &schema, &file, "");
    assert!(keys > 100, "{keys}");
}

/// Whether every key of `value` is a property of `schema`, and every required one is there; how many keys there were.
fn check(whole: &Value, schema: &Value, value: &Value, place: &str) -> usize {
    let refers = schema.get("$ref").or_else(|| schema["anyOf"][0].get("$ref")).and_then(Value::as_str);
    if let Some(name) = refers {
        return check(whole, whole.pointer(name.trim_start_matches('#')).unwrap(), value, place);
    }
    match value {
        Value::Object(map) => {
            let required = schema["required"].as_array().into_iter().flatten();
            required.for_each(|key| assert!(map.contains_key(key.as_str().unwrap()), "{place} lacks {key}"));
            let of = |(key, value): (&String, &Value)| {
                let known =
                    schema["properties"].get(key).unwrap_or_else(|| panic!("{place}.{key} is not in the schema"));
                1 + check(whole, known, value, &format!("{place}.{key}"))
            };
            map.iter().map(of).sum()
        }
        Value::Array(all) => all.iter().map(|value| check(whole, &schema["items"], value, place)).sum(),
        _ => 0,
    }
}
