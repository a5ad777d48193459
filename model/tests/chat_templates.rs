//! Chat templates against Jinja, and what goes wrong in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use spyglass_model::{ChatTemplate, Error, Message, Result, Tokenizer};
use tempfile::TempDir;

fn template(source: &str) -> Result<ChatTemplate> {
    let tokens = [("bos_token", "<s>"), ("eos_token", "</s>")];
    ChatTemplate::new(source, Path::new("tokenizer_config.json"), tokens.into_iter())
}

fn render(source: &str) -> Result<String> {
    template(source)?.render_prompt(&[Message::new("system", "Be kind."), Message::new("user", "Hello")])
}

fn problem(source: &str) -> String {
    match render(source) {
        Err(Error::ChatTemplate { file, problem, mend }) => {
            assert!(file == Path::new("tokenizer_config.json") && !mend.is_empty());
            problem
        }
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn templates_render_as_jinja_renders_them() {
    let data: Value = serde_json::from_str(include_str!("data/chat_templates.json")).unwrap();
    let messages: Vec<Message> = data["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| Message::new(message["role"].as_str().unwrap(), message["content"].as_str().unwrap()))
        .collect();
    for case in data["cases"].as_array().unwrap() {
        let template = template(case["template"].as_str().unwrap()).unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
        let prompt = template.render_prompt(&messages).unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
        assert_eq!(prompt, case["prompt"].as_str().unwrap(), "{}", case["name"]);
        assert_eq!(template.render_history(&messages).unwrap(), case["history"].as_str().unwrap(), "{}", case["name"]);
    }
}

/// Expressions one by one, as transformers 5.24 renders them. What is not read is refused, and the mend is not a word on roles.
#[test]
fn expressions_give_what_python_gives_or_are_refused() {
    let data: Value = serde_json::from_str(include_str!("data/python_templates.json")).unwrap();
    let message =
        |message: &Value| Message::new(message["role"].as_str().unwrap(), message["content"].as_str().unwrap());
    let messages: Vec<Message> = data["messages"].as_array().unwrap().iter().map(message).collect();
    let given = |source: &str| template(source)?.render_prompt(&messages);
    for case in data["cases"].as_array().unwrap() {
        let source = case["template"].as_str().unwrap();
        let prompt = given(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(prompt, case["prompt"].as_str().unwrap(), "{source}");
    }
    for source in data["refused"].as_array().unwrap() {
        let source = source.as_str().unwrap();
        match given(source) {
            Err(Error::ChatTemplate { mend, .. }) => {
                assert_eq!(mend.contains("roles"), source.contains("raise_exception"), "{source}: {mend}");
            }
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn a_template_that_raises_says_why_in_its_own_words() {
    let source = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role here') }}{% endif %}";
    assert_eq!(problem(source), "line 1: no system role here");
}

#[test]
fn a_template_that_loops_is_stopped() {
    let started = Instant::now();
    let loops = "{% for a in range(10000) %}{% for b in range(10000) %}{{ a * b }}{% endfor %}{% endfor %}";
    let doubles =
        "{% set ns = namespace(s='x') %}{% for a in range(90) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}";
    let recurses = "{% macro again(x) %}{{ again(x) }}{% endmacro %}{{ again(1) }}";
    let holds_itself = "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns | tojson }}";
    for source in [loops, doubles, recurses, holds_itself] {
        assert!(problem(source).starts_with("line 1: "), "{source}");
    }
    assert!(started.elapsed().as_secs() < 30);
}

#[test]
fn a_template_that_is_none_is_refused_with_its_line() {
    assert!(problem("fine\n{% for m in messages %}\n{{ m.content }}").starts_with("line "));
    assert!(problem("{{ messages | no_such_filter }}").contains("no_such_filter"));
    assert!(problem("{{ messages[0].content.no_such_method() }}").contains("no_such_method"));
}

#[test]
fn the_date_can_be_asked_for() {
    let year = render("{{ strftime_now('%Y') }}").unwrap();
    assert!(year.parse::<u32>().unwrap() >= 2024);
    assert!(!render("{{ strftime_now('%d %B %Y, %A %H:%M') }}").unwrap().contains('%'));
}

/// A tokenizer of a few words in a folder, with these files beside it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let tokenizer = r#"{"version": "1.0", "added_tokens": [{"id": 0, "content": "<s>", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true}], "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {"type": "WordLevel", "vocab": {"<s>": 0, "<unk>": 1, "Hello": 2}, "unk_token": "<unk>"}}"#;
    fs_err::write(dir.path().join("tokenizer.json"), tokenizer).unwrap();
    for (name, text) in files {
        fs_err::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn source(files: &[(&str, &str)]) -> Option<String> {
    let dir = folder(files);
    let template = Tokenizer::open(dir.path()).unwrap().chat_template().unwrap();
    template.map(|template| template.source().to_owned())
}

#[test]
fn the_template_is_found_where_transformers_finds_it() {
    assert_eq!(source(&[]), None);
    assert_eq!(source(&[("tokenizer_config.json", r#"{"chat_template": "one"}"#)]).as_deref(), Some("one"));
    let named = r#"{"chat_template": [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]}"#;
    assert_eq!(source(&[("tokenizer_config.json", named)]).as_deref(), Some("b"));
    assert_eq!(source(&[("tokenizer_config.json", named), ("chat_template.jinja", "c")]).as_deref(), Some("c"));
}

#[test]
fn a_broken_template_does_not_keep_the_tokenizer_from_scoring() {
    let dir = folder(&[("tokenizer_config.json", r#"{"bos_token": "<s>", "chat_template": "{% if"}"#)]);
    let tokenizer = Tokenizer::open(dir.path()).unwrap();
    assert_eq!(tokenizer.encode_pair("Hello", " Hello").unwrap().continuation, [2]);
    assert!(matches!(tokenizer.chat_template(), Err(Error::ChatTemplate { .. })));
}
