//! Prompt packs as a user meets them: sampling, bad packs, hostile chat templates and answers, a talk that becomes a pack.

mod hostile;
mod talk;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use spyglass_tasks::vibes::Transcript;

use crate::program::{Ran, RunFolder};

const PACK: &str = "pack: talk\ndefaults: {temperature: 1, max_tokens: 12, repeats: 3, seed: 5}\nprompts:\n";
const SEA: &str =
    "  - {id: sea, system: speak like a pirate ., turns: [{user: what do you see ?}, {user: where do you go ?}]}\n";

const OTHERS: &str = "  - {id: one, turns: [{user: where do you go ?}]}\n  - {id: two, vars: {who: [litov, serin]}, turns: [{user: '{{ who }}'}]}\n";

/// What `vibes --json` says of a pack on the folder's newest checkpoint.
fn talks(folder: &RunFolder, pack: &str, options: &[&str]) -> Vec<Transcript> {
    folder.write("talk.yaml", pack);
    let ran = vibes(folder, &[&["--json"], options].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn vibes(folder: &RunFolder, options: &[&str]) -> Ran {
    let model = folder.checkpoint().display().to_string();
    folder.run(&[&["vibes", "--model", &model, "--packs", "talk.yaml"], options].concat())
}

fn ids(talks: &[Transcript]) -> Vec<(String, usize, Vec<Vec<u32>>)> {
    let said = |talk: &Transcript| talk.turns.iter().map(|turn| turn.reply_ids.clone()).collect();
    let mut all: Vec<_> =
        talks.iter().map(|talk| (format!("{} {:?}", talk.prompt, talk.variables), talk.repeat, said(talk))).collect();
    all.sort();
    all
}

#[test]
fn a_seed_draws_the_same_tokens_in_any_company_and_on_any_number_of_threads() {
    let folder = RunFolder::small();
    let together = ids(&talks(&folder, &format!("{PACK}{SEA}{OTHERS}"), &["--threads", "1"]));
    assert_eq!(together, ids(&talks(&folder, &format!("{PACK}{SEA}{OTHERS}"), &["--threads", "2"])));
    let sea: Vec<_> = together.iter().filter(|talk| talk.0.starts_with("sea")).cloned().collect();
    assert_eq!(sea, ids(&talks(&folder, &format!("{PACK}{SEA}"), &[])), "alone");
    assert_eq!(sea.len(), 3);
    assert!(sea.iter().any(|talk| talk.2 != sea[0].2), "repeats are other draws: {sea:?}");
    let more = ids(&talks(&folder, &format!("{PACK}{SEA}"), &["--repeats", "5"]));
    assert_eq!((more.len(), &more[..3]), (5, &sea[..]), "more repeats leave the first ones as they were");
    let other = ids(&talks(&folder, &format!("{PACK}{SEA}").replace("seed: 5", "seed: 6"), &[]));
    assert_ne!(other, sea);
}

#[test]
fn a_bad_pack_is_refused_with_its_line_and_the_mend() {
    let folder = RunFolder::small();
    let turn = "turns: [{user: hi}]";
    let cases = [
        ("pack: a\nprompts: []\n".to_owned(), "talk.yaml:2", "is empty"),
        (format!("pack: a\nprompts:\n  - {{id: a, {turn}}}\n  - {{id: a, {turn}}}\n"), "talk.yaml:4", "stands twice"),
        (format!("pack: a\nprompts:\n  - id: a\n    sistem: x\n    {turn}\n"), "talk.yaml:4", "did you mean `system`?"),
        ("pack: a\nprompts:\n  - id: a\n    vars: {sea: [x]}\n    turns: [{user: '{{ see }}'}]\n".into(), "talk.yaml:5", "did you mean `sea`?"),
        ("pack: a\nprompts:\n  - id: a\n    turns:\n      - user: hi\n        assert: [{type: not-contians, value: x}]\n".into(), "talk.yaml:6", "did you mean `contains`?"),
        ("pack: a\nprompts:\n  - id: a\n    turns:\n      - user: hi\n        assert: [{type: regex, value: '(x'}]\n".into(), "talk.yaml:6", "is not a regular expression"),
    ];
    for (pack, place, words) in cases {
        folder.write("talk.yaml", &pack);
        for ran in [folder.run(&["check", "talk.yaml"]), vibes(&folder, &[])] {
            let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(ran.code, Some(2), "{pack}\n{said}");
            assert!(said.contains(place) && said.contains(words), "{pack}\n{said}");
        }
    }
}

#[test]
fn a_catastrophic_pattern_does_not_hang_and_a_failed_verdict_is_an_error_only_when_asked() {
    let folder = RunFolder::small();
    let check = "[{type: regex, value: '^(([a-z. ])+.)+[A-Z]([a-z. ])+$'}, {type: not-regex, value: '^(([a-z. ])+.)+[A-Z]([a-z. ])+$', weight: 2}]";
    folder.write(
        "talk.yaml",
        &format!("pack: talk\nprompts:\n  - id: a\n    max_tokens: 400\n    turns: [{{user: hi, assert: {check}}}]\n"),
    );
    let started = Instant::now();
    let ran = vibes(&folder, &[]);
    assert!(started.elapsed() < Duration::from_mins(1));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("✗ failed"), "{}", ran.stdout);
    assert_eq!(vibes(&folder, &["--fail-on-verdict"]).code, Some(1));
}

/// Replaces the chat template of a checkpoint.
fn with_template(checkpoint: &Path, template: &str) {
    fs_err::write(checkpoint.join("chat_template.jinja"), template).unwrap();
}

#[test]
fn a_chat_template_that_raises_or_never_ends_fails_its_units_and_the_others_go_on() {
    let cases = [
        ("{{ raise_exception('only one turn, please') }}", "only one turn, please"),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
            "template",
        ),
    ];
    for (template, words) in cases {
        let folder = RunFolder::small();
        with_template(&folder.checkpoint(), template);
        folder.write("talk.yaml", &format!("{PACK}{SEA}"));
        folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntasks: [pilot_facts_easy]\nprompts: [./talk.yaml]\ntask_folders: tasks\ndata: tasks\n");
        let started = Instant::now();
        let ran = folder.run(&["sweep", "run.yaml", "--limit", "3"]);
        assert!(started.elapsed() < Duration::from_mins(2), "{template}");
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert_eq!(folder.unit_folders().len(), 3, "two of the task, one of the pack");
        assert!(folder.run(&["status", "run.yaml"]).stdout.contains(words), "the reason is kept");
    }
}

#[test]
fn a_conversation_that_cannot_be_held_costs_only_itself() {
    let folder = RunFolder::small();
    let refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no place for a system text') }}{% endif %}\
        {% if messages|length > 2 and 'gold' in messages[0].content %}{{ raise_exception('one turn only') }}{% endif %}\
        {{ bos_token }}{% for m in messages %} {{ m.role }} : {{ m.content }}{% endfor %}";
    for checkpoint in fs_err::read_dir(folder.path("trunk")).unwrap() {
        with_template(&checkpoint.unwrap().path(), refusing);
    }
    let long = "sea ".repeat(600); // the pilot's limit is 512
    let pack = format!(
        "pack: talk\ndefaults: {{max_tokens: 2, repeats: 2}}\nprompts:\n  - {{id: plain, turns: [{{user: how is the sea ?}}, {{user: and now ?}}]}}\n\
         \x20 - {{id: with-system, system: be kind, turns: [{{user: hi}}]}}\n  - {{id: long, turns: [{{user: '{long}'}}]}}\n\
         \x20 - {{id: middle, turns: [{{user: gold ?}}, {{user: more ?}}]}}\n  - {{id: last, turns: [{{user: how are you ?}}]}}\n"
    );
    folder.write("talk.yaml", &pack);
    let ran = vibes(&folder, &["--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let held: Vec<Transcript> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<(&str, usize)> = held.iter().map(|talk| (talk.prompt.as_str(), talk.repeat)).collect();
    assert_eq!(names, [("plain", 0), ("plain", 1), ("last", 0), ("last", 1)]);
    let reasons = [
        "prompt `talk/with-system`, turn 1",
        "no place for a system text",
        "the chat template takes no system text",
        "prompt `talk/long`, turn 1: it has 603 tokens, the context limit is 512",
        "prompt `talk/middle`, turn 2",
        "one turn only",
    ];
    for words in reasons {
        assert!(ran.stderr.contains(words), "`{words}` is missing: {}", ran.stderr);
    }
    // Those that are held say what they say without the others.
    folder.write("talk.yaml", "pack: talk\nprompts:\n  - {id: last, max_tokens: 2, turns: [{user: how are you ?}]}\n");
    let alone: Transcript = serde_json::from_str(&vibes(&folder, &["--json"]).stdout).unwrap();
    assert_eq!(alone.turns, held[2].turns);

    let folded = "pack: talk\ntranscript: {fold_system: true}\nprompts:\n  - {id: with-system, max_tokens: 2, system: be kind, turns: [{user: hi}]}\n";
    folder.write("talk.yaml", folded);
    assert_eq!(vibes(&folder, &[]).code, Some(0), "the system text goes into the first turn");

    folder.write("talk.yaml", &pack);
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntasks: []\nprompts: [./talk.yaml]\n");
    for _ in 0..2 {
        let ran = folder.run(&["sweep", "run.yaml"]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("6 of 10 conversations could not be held"), "{}", ran.stderr);
        assert!(ran.stderr.contains("talk/with-system"), "{}", ran.stderr);
        assert_eq!(folder.unit_folders().len(), 2, "what was held is kept");
        for unit in folder.unit_folders() {
            let kept = fs_err::read_to_string(unit.join("transcripts.jsonl")).unwrap();
            assert_eq!(kept.lines().count(), 4);
            let record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
            assert_eq!((&record["items"], &record["items_total"]), (&4.into(), &10.into()));
        }
    }
    assert!(folder.run(&["status", "run.yaml"]).stdout.contains("with-system"), "the reason is kept");
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
}
