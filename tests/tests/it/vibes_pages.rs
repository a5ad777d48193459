//! The demo's report in a real browser, as a reader of transcripts uses it: reads, filters, compares, rates, exports; and back.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::program::run;

const COUNT: &str = "return document.getElementById('count').textContent";

/// Sets a form's element and lets the page know.
fn set(browser: &Browser, id: &str, value: &str) {
    let key = if value == "true" || value == "false" { "checked" } else { "value" };
    browser.run(&format!(
        "const e = document.getElementById({id:?}); e.{key} = {}; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'))",
        if key == "checked" { value.to_owned() } else { format!("{value:?}") }
    ));
}

fn text(browser: &Browser, script: &str) -> String {
    browser.run(script).as_str().unwrap_or_default().to_owned()
}

/// How many rows are there and fit, and how many are shown.
fn rows(browser: &Browser, fits: &str) -> (u64, u64) {
    let count = |keep: &str| {
        let script =
            format!("return [...document.querySelectorAll('table.vibes tbody tr')].filter(row => {keep}).length");
        browser.run(&script).as_u64().unwrap()
    };
    (count(fits), count("!row.hidden"))
}

#[test]
fn a_reader_of_the_demo_reads_filters_compares_rates_and_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["demo", "--out", "demo"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let demo = folder.path().join("demo");
    let front = folder.path().join(ran.stdout.trim());
    let Some(browser) = Browser::start() else { return };
    browser.resize(1440, 1000);
    browser.open(&front);
    let told = text(&browser, "return document.querySelector('#vibes .told').textContent");
    assert!(told.contains("turns on average") || told.contains("holds through all"), "how long it sticks: {told}");
    assert!(told.contains("at least half of it passed at"), "where it passed: {told}");
    assert!(rows(&browser, "row.querySelector('.v')").0 > 0, "the grid");
    browser.screenshot("demo-vibes-front");

    let vibes = front.with_file_name("vibes").join("index.html");
    browser.open(&vibes);
    let all = text(&browser, COUNT);
    browser.click(".tag");
    let (fit, shown) =
        rows(&browser, "row.dataset.tags.split(' ').includes(document.querySelector('.tag').dataset.tag)");
    assert!(fit == shown && fit > 0, "{fit} rows have the tag, {shown} are shown");
    assert_ne!(text(&browser, COUNT), all);
    browser.click(".tag");
    set(&browser, "verdict", "pass");
    let (fit, shown) = rows(&browser, "row.dataset.verdict === 'pass'");
    assert!(fit == shown && fit > 0, "{fit} pass, {shown} are shown");
    set(&browser, "verdict", "");
    set(&browser, "changed", "true");
    let (fit, shown) = rows(&browser, "row.dataset.changed === 'true'");
    assert_eq!(fit, shown, "changed since the checkpoint before");
    set(&browser, "changed", "false");
    assert_eq!(text(&browser, COUNT), all);

    // A conversation that failed once and passes at another checkpoint: its answers differ.
    let page = text(
        &browser,
        "return [...document.querySelectorAll('table.vibes tbody tr')].find(row => row.querySelector('.v.fail') && row.querySelector('.v.pass')).querySelector('a').getAttribute('href')",
    );
    let talk = vibes.with_file_name(&page);
    walk(&browser, &talk);
    compare(&browser, &talk);

    browser.open(&vibes);
    browser.run("window.made = URL.createObjectURL; URL.createObjectURL = blob => { window.blob = blob; return window.made(blob); }");
    browser.click("#export-ratings");
    let exported = text(&browser, "return window.blob.text()");
    let ratings: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ratings.len(), 2, "{exported}");
    assert!(browser.complaints().is_empty());
    merged(&demo, &exported, ratings.iter().find(|rating| rating["kind"] == "pair").unwrap());
    browser.open(&vibes);
    let shown = text(&browser, "return document.getElementById('ratings').textContent");
    assert!(shown.contains("preferred (95 %)") && shown.contains("Agreement") && shown.contains('%'), "{shown}");
    assert!(browser.complaints().is_empty());
}

/// → from the trunk's end: a branch's first checkpoint stands beside the one it left the trunk at, and goes along to other prompts.
fn walk(browser: &Browser, talk: &Path) {
    browser.open(talk);
    let names =
        "const names = [...document.getElementById('right').options].map(option => option.text.split(' at ')[0])";
    let index = format!("{names}; return names.findIndex(name => name !== names[0])");
    let first = browser.run(&index).as_u64().unwrap();
    set(browser, "right", &(first - 1).to_string());
    browser.keys("\u{e014}");
    let chosen =
        |id: &str| text(browser, &format!("return document.getElementById({id:?}).value")).parse::<u64>().unwrap();
    assert_eq!(chosen("right"), first);
    assert!(chosen("left") < first - 1, "the fork lies before the trunk's end");
    let links = "return [...document.querySelectorAll('#prompt-before, #prompt-after')].map(link => link.hash)";
    let hash = text(browser, "return location.hash");
    assert!(browser.run(links).as_array().unwrap().iter().all(|link| *link == hash) && hash.len() > 1, "{hash}");
}

/// Two checkpoints beside each other, then blind, left by Escape and begun again, with a vote.
fn compare(browser: &Browser, talk: &Path) {
    browser.open(talk);
    let last = browser.run("return document.getElementById('right').options.length - 1").as_u64().unwrap();
    set(browser, "left", "0");
    set(browser, "right", &last.to_string());
    let heads = text(browser, "return [...document.querySelectorAll('#talks h3')].map(h => h.textContent).join('|')");
    assert!(heads.contains("step"), "{heads}");
    assert!(browser.run("return document.querySelectorAll('#talks .reply mark').length").as_u64().unwrap() > 0);
    browser.screenshot("demo-talk");
    browser.keys("4");
    assert_eq!(text(browser, "return Ratings.jsonl()"), "", "no vote before a name");
    browser.run("document.getElementById('rater').blur()");
    set(browser, "rater", "mia");
    browser.keys("b");
    let hidden = text(browser, "return document.getElementById('talks').textContent");
    for head in heads.split('|').filter(|head| head.contains("step")) {
        assert!(!hidden.contains(head) && !hidden.contains("step"), "blind: {hidden}");
    }
    browser.keys("\u{e00c}");
    assert!(text(browser, "return document.getElementById('talks').textContent").contains("step"), "Escape leaves it");
    browser.keys("B");
    browser.click("[data-winner=b]");
    assert!(text(browser, "return document.getElementById('reveal').textContent").contains("The left was"));
    assert!(browser.complaints().is_empty());
}

/// Brings the ratings of three readers into the results, twice, and writes the report anew.
fn merged(demo: &Path, exported: &str, pair: &Value) {
    let reader = |name: &str| {
        let vote = |repeat: u64| {
            let mut vote = pair.clone();
            (vote["rater"], vote["repeat"]) = (json!(name), json!(repeat));
            vote["winner"] = json!(if repeat < 8 { "a" } else { "b" });
            vote.to_string() + "\n"
        };
        (0..12).map(vote).collect::<String>()
    };
    let files = [("mine.jsonl", exported.to_owned()), ("ann.jsonl", reader("ann")), ("ben.jsonl", reader("ben"))];
    for (name, lines) in &files {
        fs_err::write(demo.join(name), lines).unwrap();
    }
    let merge = ["ratings", "merge", "run.yaml", "mine.jsonl", "ann.jsonl", "ben.jsonl"];
    let first = run(demo, &merge);
    assert!(first.code == Some(0) && first.stderr.contains("26 new ratings"), "{first:?}");
    assert!(run(demo, &merge).stderr.contains("0 new ratings"), "nothing counts twice");
    fs_err::write(demo.join("bad.jsonl"), "{\"rater\": 3}\n").unwrap();
    let bad = run(demo, &["ratings", "merge", "run.yaml", "bad.jsonl"]);
    assert!(bad.code == Some(2) && bad.stderr.contains("bad.jsonl"), "{bad:?}");
    assert_eq!(run(demo, &["report", "run.yaml"]).code, Some(0));
}
