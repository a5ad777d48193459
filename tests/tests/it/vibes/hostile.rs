//! Answers that nobody wishes for: hostile, endless, empty.

use std::path::{Path, PathBuf};

use serde_json::Value;
use spyglass_tasks::vibes::Stop;

use super::{talks, vibes, with_template};
use crate::program::RunFolder;

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
    assert!(terminal.contains("⟨U+202E⟩"), "{terminal}");
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
