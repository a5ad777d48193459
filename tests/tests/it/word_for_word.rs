//! What a user reads, word for word: each command's help, a dozen error messages, and a page of every kind of the demo's report.
//!
//! The texts lie in `tests/snapshots`; CONTRIBUTING says how a change is accepted.

use std::path::Path;

use regex::Regex;
use serde_json::{Value, json};

use crate::pilot::DEMO;
use crate::program::{Ran, RunFolder, spyglass};

/// Compares `text` with `tests/snapshots/NAME.snap`; what differs between two runs of one program is taken out first.
fn compare(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = text.replace("spyglass-tests", "spyglass").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The program's answer on a terminal of 100 columns.
fn told(arguments: &[&str]) -> Ran {
    let ran: Ran = spyglass().env("COLUMNS", "100").args(arguments).output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
    ran
}

#[test]
fn the_help_of_every_command() {
    let mut all = String::new();
    let mut todo = vec![Vec::<String>::new()];
    while let Some(command) = todo.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = told(&words).stdout;
        all += &format!("$ spyglass {}\n{help}\n", words.join(" "));
        // the program's own help lists its commands by groups, clap's under one heading
        let listed = if command.is_empty() {
            help.split_once("\nFirst steps:\n").unwrap().1.split("\nOptions:").next().unwrap()
        } else {
            help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap())
        };
        let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        let names: Vec<&str> = names.filter(|name| *name != "help").collect();
        todo.extend(names.iter().rev().map(|name| command.iter().cloned().chain([(*name).into()]).collect()));
    }
    assert!(all.matches("\nUsage: ").count() > 20, "{all}");
    compare("help", &all);
}

#[test]
fn error_messages() {
    let folder = RunFolder::small();
    let tail = "tasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n";
    folder.write("key.yaml", "checkpoint: [a, b]\n");
    folder.write("cut.yaml", "checkpoints: [{path: trunk}\ntasks: 3\n");
    folder.write("task.yaml", "checkpoints: [{path: trunk}]\ntasks: [pilot_leters]\ntask_folders: tasks\n");
    folder.write("folder.yaml", &format!("checkpoints: [{{path: nowhere}}]\n{tail}"));
    folder.write("names.yaml", &format!("checkpoints: [{{path: tasks}}]\n{tail}"));
    folder.write(
        "pack.yaml",
        "pack: a\nprompts:\n- {id: b, turns: [{user: hi, assert: [{type: contians, value: x}]}]}\n",
    );
    folder.write("question.yaml", "task: mine\ndataset_path: json\ndoc_to_text: {{q}}\n");
    folder.write("scores.csv", "task,tokens,score,n,chance\nt,1000,0.25,100,0.25\nt,2000,1.5,100,0.25\n");
    let spoilt = |name: &str, key: &str, value: Value| {
        let to = folder.path(name);
        crate::program::copy(&folder.checkpoint(), &to);
        let config = fs_err::read_to_string(to.join("config.json")).unwrap();
        let mut config: Value = serde_json::from_str(&config).unwrap();
        config[key] = value;
        fs_err::write(to.join("config.json"), config.to_string()).unwrap();
    };
    spoilt("wider", "hidden_size", json!(128));
    spoilt("unknown", "model_type", json!("zamba3"));
    let cases: [&[&str]; 15] = [
        &["sweep", "nowhere.yaml"],
        &["sweep", "key.yaml"],
        &["sweep", "cut.yaml"],
        &["sweep", "task.yaml"],
        &["sweep", "folder.yaml"],
        &["sweep", "names.yaml"],
        &["prompts", "--tasks", "hellaswag", "--data", "tasks"],
        &["sweep", "run.yaml", "--only", "trnk/*"],
        &["report", "run.yaml"],
        &["check", "wider"],
        &["check", "unknown"],
        &["check", "pack.yaml"],
        &["check", "question.yaml"],
        &["onset", "scores.csv"],
        &["swep", "run.yaml"],
    ];
    let mut all = String::new();
    for arguments in cases {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        let text = (ran.stdout + &ran.stderr).replace(folder.path("").to_str().unwrap(), "FOLDER/");
        all += &format!("$ spyglass {}\n{}\n\n", arguments.join(" "), text.trim_end());
    }
    compare("errors", &all);
}

#[test]
fn a_page_of_every_kind() {
    let pages = [
        ("front", "index.html"),
        ("task", "tasks/pilot_letters-2-shot.html"),
        ("items", "items/pilot_letters-2-shot.html"),
        ("vibes", "vibes/index.html"),
        ("talk", "vibes/pilot_persona-pirate-small-talk.html"),
        ("provenance", "provenance.html"),
    ];
    // When, and how long it took.
    let clock = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b\d[\d.]* (s|min)\b").unwrap();
    for (name, page) in pages {
        let text = seen(&DEMO.report.with_file_name(page));
        let text = clock.replace_all(&text, "TIME").replace("| ✓ ", "✓").replace("| ~ ", "~").replace("| ✗ ", "✗");
        compare(&format!("page-{name}"), &text);
    }
}

/// What a reader sees of a page that is opened without JavaScript: a line a block, cells apart, drawings left out.
fn seen(page: &Path) -> String {
    let html = fs_err::read_to_string(page).unwrap();
    let mut text = String::new();
    let mut rest = html.split_once("<body").map_or("", |(_, body)| body).split_once('>').unwrap().1;
    while let Some((before, after)) = rest.split_once('<') {
        text += &before.replace('\n', " ");
        let (tag, after) = after.split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        let closed = format!("</{name}>");
        rest = match name {
            "script" | "style" | "svg" => after.split_once(&closed).unwrap().1,
            _ => after,
        };
        text += match name {
            "td" | "th" | "dd" if !tag.starts_with('/') => " | ",
            "td" | "th" | "dd" | "a" | "b" | "i" | "em" | "code" | "time" => "",
            "span" | "small" | "button" | "label" | "option" | "input" | "select" => " ",
            _ => "\n",
        };
    }
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty() && line != "|").collect();
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(lines.join("\n"), |text, (from, to)| text.replace(from, to))
}
