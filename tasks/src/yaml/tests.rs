//! Tests of `yaml`.

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[expect(dead_code, reason = "only read for its place")]
    name: String,
    #[serde(default)]
    #[expect(dead_code, reason = "only read for its place")]
    inner: Option<Inner>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    #[expect(dead_code, reason = "only read for its place")]
    shots: usize,
}

fn fails(text: &str) -> YamlError {
    match parse::<Sample>("sample.yaml", text).unwrap_err() {
        Error::Yaml(error) => *error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_misspelt_key_is_placed_and_mended() {
    let error = fails("name: a\ninner:\n  shotz: 3\n");
    assert_eq!((error.line, error.column), (3, 3));
    assert!(error.help.contains("`shots`"), "{}", error.help);
    assert_eq!(error.problem, "inner: unknown field `shotz`");
    assert_eq!(error.span.offset(), 17);
}

#[test]
fn a_wrong_type_and_broken_yaml_are_placed() {
    let error = fails("name: a\ninner: {shots: many}\n");
    assert_eq!(error.line, 2, "{error}");
    let error = fails("name: [a\ninner: 3\n");
    assert!(error.line >= 1 && error.column >= 1, "{error}");
}

#[test]
fn what_is_missing_or_no_table_is_said_in_words() {
    let missing = fails("inner: {shots: 3}\n");
    assert!(missing.problem.contains("missing field `name`") && missing.help.contains("`name: …`"), "{missing:?}");
    let list = fails("- a\n- b\n");
    assert!(list.problem.contains("expected keys and their values") && !list.problem.contains("Sample"), "{list:?}");
    assert!(list.help.contains("one key a line"), "{}", list.help);
}

#[test]
fn bombs_are_refused() {
    let mut deep = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        deep.extend([format!("a{level}: &a{level} [{inner}]\n")]);
    }
    let wide = format!("a: &a [{}]\nb: [{}]\n", vec!["1"; 3000].join(", "), vec!["*a"; 3000].join(", "));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 50_000].join(", "));
    for bomb in [deep, wide, long] {
        let error = parse::<serde_json::Value>("bomb.yaml", &bomb).unwrap_err();
        assert!(error.to_string().contains("aliases"), "{error}");
    }
}

#[test]
fn honest_aliases_work() {
    let value: serde_json::Value = parse("fine.yaml", "a: &a [1, 2]\nb: *a\n").unwrap();
    assert_eq!(value["b"], serde_json::json!([1, 2]));
}
