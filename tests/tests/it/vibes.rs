//! Prompt packs as a user meets them: sampling, bad packs, hostile chat templates and answers, a talk that becomes a pack.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use spyglass_tasks::vibes::{Stop, Transcript};

use crate::program::{Ran, RunFolder, spyglass};

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
        ("pack: a\nprompts:\n  - id: a\n    turns:\n      - user: hi\n        assert: [{type: regex, value: '(x'}]\n".into(), "talk.yaml:6", "no regular expression"),
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

/// Gives every word of the vocabulary but the special ones another spelling.
fn respelt(checkpoint: &Path, spell: impl Fn(usize) -> String) {
    let file = checkpoint.join("tokenizer.json");
    let mut tokenizer: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap();
    let spelt = vocabulary.iter().map(|(word, id)| {
        let number = id.as_u64().unwrap() as usize;
        (if number < 4 { word.clone() } else { format!("{}{number}", spell(number)) }, id.clone())
    });
    tokenizer["model"]["vocab"] = Value::Object(spelt.collect());
    fs_err::write(file, tokenizer.to_string()).unwrap();
}

#[test]
fn hostile_answers_are_escaped_in_the_report_and_made_visible() {
    let folder = RunFolder::small();
    let words =
        ["<script>alert(1)</script>", "\u{202e}שלום", "👩\u{200d}🚀", "<img/src=x>", "مرحبا\u{0}", "\u{1b}[31m"];
    for name in fs_err::read_dir(folder.path("trunk")).unwrap() {
        respelt(&name.unwrap().path(), |id| words[id % words.len()].to_owned());
    }
    folder.write("talk.yaml", "pack: talk\ndefaults: {max_tokens: 60, temperature: 2}\nprompts:\n  - {id: a, vars: {n: [1, 2, 3]}, turns: [{user: 'hi {{ n }}', assert: [{type: ends-properly}]}]}\n");
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntasks: [pilot_facts_easy]\nprompts: [./talk.yaml]\ntask_folders: tasks\ndata: tasks\n");
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let terminal = vibes(&folder, &[]).stdout;
    assert!(!terminal.contains('\u{202e}') && !terminal.contains('\u{1b}'), "{terminal:?}");
    assert!(terminal.contains("‹202E›"), "{terminal}");
    let pages: Vec<PathBuf> =
        fs_err::read_dir(folder.path("results/report/vibes")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let pages: String = pages
        .iter()
        .chain([&folder.path("results/report/index.html")])
        .map(|page| fs_err::read_to_string(page).unwrap())
        .collect();
    assert!(pages.contains("&lt;script&gt;alert(1)") && !pages.contains("<script>alert(1)") && !pages.contains("<img"));
    assert!(pages.contains("⟨U+202E⟩") && !pages.contains('\u{202e}') && !pages.contains('\u{0}'));
}

#[test]
fn an_answer_of_a_hundred_thousand_characters_that_never_ends_is_cut_in_the_report_and_kept_whole() {
    let folder = RunFolder::small();
    respelt(&folder.checkpoint(), |_| "sea".repeat(1_000));
    let config = folder.checkpoint().join("tokenizer_config.json");
    with_template(&folder.checkpoint(), "{{ bos_token }}");
    // Without an end token the answer goes on to the limit.
    for file in [config, folder.checkpoint().join("config.json"), folder.checkpoint().join("generation_config.json")] {
        let mut json: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
        for key in ["eos_token", "eos_token_id"] {
            json.as_object_mut().unwrap().remove(key);
        }
        fs_err::write(file, json.to_string()).unwrap();
    }
    let checks =
        "[{type: ends-properly}, {type: similar, value: sea}, {type: no-repetition}, {type: number, value: 3}]";
    let pack = format!(
        "pack: talk\ndefaults: {{max_tokens: 60, temperature: 1}}\nprompts:\n  - {{id: a, turns: [{{user: hi, assert: {checks}}}]}}\n"
    );
    let said = talks(&folder, &pack, &[]);
    let turn = &said[0].turns[0];
    assert!(turn.reply.chars().count() > 100_000, "{}", turn.reply.chars().count());
    assert_eq!((turn.stop, turn.verdicts[0].passed), (Stop::Limit, false));
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntasks: [pilot_facts_easy]\nprompts: [./talk.yaml]\ntask_folders: tasks\ndata: tasks\n");
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "2"]).code, Some(0));
    let page = fs_err::read_to_string(folder.path("results/report/vibes/talk-a.html")).unwrap();
    assert!(page.contains("more characters)") && page.len() < 60_000, "{}", page.len());
}

#[test]
fn an_answer_of_special_tokens_alone_is_empty_and_said_to_be() {
    let folder = RunFolder::small();
    let file = folder.checkpoint().join("tokenizer.json");
    let mut tokenizer: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap().clone();
    let special = vocabulary.iter().map(|(word, id)| {
        serde_json::json!({"id": id, "content": word, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true})
    });
    tokenizer["added_tokens"] = special.collect();
    fs_err::write(file, tokenizer.to_string()).unwrap();
    let pack = "pack: talk\nprompts:\n  - {id: a, turns: [{user: hi, assert: [{type: word-count, min: 1}]}, {user: and now ?}]}\n";
    let said = talks(&folder, pack, &[]);
    assert!(said[0].turns.iter().all(|turn| turn.reply.is_empty()), "{said:?}");
    assert_eq!(said[0].passed, Some(false));
    assert!(vibes(&folder, &[]).stdout.contains("(nothing)"));
}

/// Types lines into `spyglass chat`.
fn chat(folder: &RunFolder, lines: &str) -> Ran {
    let mut child = spyglass()
        .current_dir(folder.path("."))
        .args(["chat", "--temperature", "9", "--max-tokens", "8", "--stop", "user", "--model"])
        .arg(folder.checkpoint())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_talk_is_retried_seeded_and_saved_as_a_pack_that_runs() {
    let folder = RunFolder::small();
    let said = chat(
        &folder,
        "/system speak {{ plainly }} .\nhow is the sea ?\n/retry\n/retry\n/seed 9\n/retry\n/seed 9\n/retry\n",
    );
    let replies: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(replies.len(), 5, "{said:?}");
    assert!(replies[1..3].iter().any(|reply| *reply != replies[0]), "another reply: {replies:?}");
    assert_eq!(replies[3], replies[4], "a seed draws the same again");
    let said = chat(
        &folder,
        "/system speak {{ plainly }} .\nhow is the sea ?\n/temperature 0\nhave you gold ?\n/temperature cold\n/sing\n/save my-talk.yaml\n/save my-talk.yaml\n/new\n/retry\n",
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    for words in [
        "/temperature takes",
        "/sing is not a command",
        "saved as my-talk.yaml",
        "is there already",
        "nothing was said yet",
    ] {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }
    assert_eq!(folder.run(&["check", "my-talk.yaml"]).code, Some(0));
    let pack = fs_err::read_to_string(folder.path("my-talk.yaml")).unwrap();
    let held = talks(&folder, &pack, &[]);
    assert_eq!(held[0].turns.len(), 2);
    assert_eq!(held[0].system.as_deref(), Some("speak {{ plainly }} ."), "braces are words here");
    assert_eq!((held[0].sampling.max_tokens, &held[0].sampling.stop[..]), (8, &["user".to_owned()][..]));
}

#[test]
fn ratings_are_checked_told_of_and_never_lost() {
    let folder = RunFolder::small();
    folder.write("talk.yaml", "pack: quay\ndefaults: {max_tokens: 2}\nprompts:\n  - {id: sea, vars: {who: [ann, ben]}, turns: [{user: '{{ who }}'}]}\n");
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ntasks: []\nprompts: [./talk.yaml]\n");
    let mut steps: Vec<u64> = fs_err::read_dir(folder.path("trunk"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().rsplit('-').next().unwrap().parse().unwrap())
        .collect();
    steps.sort_unstable();
    let vote = |rater: &str, stars: u64, change: (&str, Value)| {
        let mut line = serde_json::json!({"rater": rater, "pack": "quay", "prompt": "sea", "variables": {"who": "ann"}, "kind": "stars",
            "at": {"branch": "trunk", "step": steps[0]}, "stars": stars, "note": "", "time": "2026-01-01T10:00:00Z"});
        line[change.0] = change.1;
        line.to_string() + "\n"
    };
    let merge = |text: &str, options: &[&str]| {
        folder.write("votes.jsonl", text);
        folder.run(&[&["ratings", "merge", "run.yaml", "votes.jsonl"], options].concat())
    };
    let none = || ("note", Value::from(""));
    let early = merge(&vote("ann", 4, none()), &[]);
    assert!(early.code == Some(0) && early.stderr.contains("nothing was swept here yet"), "{}", early.stderr);
    assert_eq!(folder.run(&["sweep", "run.yaml"]).code, Some(0));

    let place = |branch: &str, step: u64| serde_json::json!({"branch": branch, "step": step});
    let unknown = [
        (("pack", "zzz".into()), "no pack `zzz`"),
        (("prompt", "zzz".into()), "no prompt `zzz` of pack `quay`"),
        (("variables", serde_json::json!({"who": "zzz"})), "the variables {\"who\":\"zzz\"}"),
        (("at", place("zzz", steps[0])), "no branch `zzz`"),
        (("at", place("trunk", 7)), "no step 7 of branch `trunk`"),
        (("at", serde_json::json!({"branch": "trunk", "step": steps[0], "variant": "ema"})), "(ema) of branch `trunk`"),
    ];
    for (change, words) in unknown {
        let told = merge(&vote("ann", 4, change), &[]);
        assert!(told.code == Some(0) && told.stderr.contains("votes.jsonl, line 1"), "{}", told.stderr);
        assert!(told.stderr.contains(words) && told.stderr.contains("1 new rating"), "`{words}`: {}", told.stderr);
    }
    let kept = || fs_err::read_to_string(folder.path("results/ratings.jsonl")).unwrap();
    let before = kept();
    assert_eq!(before.lines().count(), 7);
    let known = merge(&vote("ann", 4, none()), &[]);
    assert!(known.stderr.contains("0 new ratings, 7 in all") && !known.stderr.contains("no "), "{}", known.stderr);
    for (votes, words) in [
        (vote("ann", 5, none()), "`ann` has judged this otherwise before"),
        (format!("{}{}", vote("ben", 3, none()), vote("ben", 9, none())), "line 2: is not a rating"),
    ] {
        let refused = merge(&votes, &[]);
        assert!(refused.code == Some(2) && refused.stderr.contains(words), "{}", refused.stderr);
        assert_eq!(kept(), before, "nothing is merged of a file that is refused");
    }
    let renamed = merge(&vote("ann", 5, none()), &["--rater", "ben"]);
    assert!(renamed.code == Some(0) && renamed.stderr.contains("1 new rating, 8 in all"), "{}", renamed.stderr);
    let replaced = merge(&vote("ann", 5, none()), &["--replace"]);
    assert!(replaced.stderr.contains("0 new ratings, 1 replaced, 8 in all"), "{}", replaced.stderr);
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    let page = fs_err::read_to_string(folder.path("results/report/vibes/index.html")).unwrap();
    assert!(page.contains("5 by 2 raters") && page.contains("Left out: 3 on checkpoints"), "{page}");
}
