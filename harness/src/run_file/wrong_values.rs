//! Wrong values of a run file are told at their own place, with their key and the mend.

use miette::Diagnostic;
use spyglass_tasks::yaml;

use super::RunFile;

/// A run file whose third line this is.
fn read(line: &str) -> Result<RunFile, spyglass_tasks::Error> {
    yaml::parse("run.yaml", &format!("name: x\ncheckpoints: [{{path: a}}]\n{line}\n"))
}

#[test]
fn wrong_values_are_told_where_they_stand() {
    let cases = [
        ("precision: [f32, q3]", "18", "precision[1]: unknown variant `q3`", "did you mean `q4`?"),
        ("precision: F32", "12", "precision: unknown variant `F32`", "did you mean `f32`?"),
        ("precision: float32", "12", "precision: unknown variant `float32`", "did you mean `f32`?"),
        ("precision: int4", "12", "precision: unknown variant `int4`", "did you mean `q4`?"),
        ("precision: [f32, 8]", "18", "precision[1]: unknown variant `8`", "did you mean `int8`?"),
        ("precision: fp64x", "12", "precision: unknown variant `fp64x`", "use one of `f32`, `bf16`, `int8`, `q4`"),
        ("precision: null", "12", "precision: the value is empty", "`precision: f32`"),
        ("precision:", "", "precision: the value is empty", "`precision: f32`"),
        ("precision: \"f32, q4\"", "12", "precision: unknown variant `f32, q4`", "`[f32, q4]`"),
        ("precision: [f32, q4, f32]", "22", "precision[2]: `f32` is named twice", "write each once"),
        ("precision: []", "12", "precision: the list is empty", "`[f32, q4]`"),
        ("precision: {a: b}", "12", "precision: invalid type: map, expected `f32`", "what the message expects"),
        (
            "model: {rope: {scale: two}}",
            "23",
            "model.rope.scale: `two` is not a number",
            "a number above 1, up to 1024",
        ),
        ("model: {rope: {scale: 0.5}}", "23", "model.rope.scale: a scale of 0.5", "or leave the key out"),
        ("model: {rope: {scale: .nan}}", "23", "model.rope.scale: a scale of NaN", "a number above 1, up to 1024"),
        ("model: {rope: {scale: }}", "", "model.rope.scale: the value is empty", "or leave the key out"),
        (
            "model: {rope: {scale: [2]}}",
            "23",
            "model.rope.scale: invalid type: sequence, expected a number above 1",
            "expects",
        ),
        (
            "model: {context: 99999999999}",
            "18",
            "model.context: a context limit of 99999999999 tokens is above 16777216",
            "such as 16384",
        ),
        ("model: {context: 0}", "18", "model.context: a context limit of 0 tokens", "such as 16384"),
        ("model: {context: -4}", "18", "model.context: `-4` is not a count of tokens", "such as 16384"),
        ("model: {context: 32k}", "18", "model.context: `32k` is not a count of tokens", "such as 16384"),
        ("model: {context: }", "", "model.context: the value is empty", "such as 16384"),
        ("axis: two words", "7", "axis: `two words` is not a word", "such as tokens, words or samples"),
    ];
    for (line, column, problem, mend) in cases {
        let error = read(line).unwrap_err();
        let (told, help) = (error.to_string(), error.help().unwrap().to_string());
        let place = format!("run.yaml:3:{column}");
        assert!(told.starts_with(&place) && told.contains(problem) && help.contains(mend), "{line}: {told}; {help}");
    }
}

#[test]
fn values_may_be_written_as_people_do() {
    for (line, tokens) in [
        ("model: {context: 16_384}", 16_384),
        ("model: {context: \"16384\"}", 16_384),
        ("model: {context: 16384}", 16_384),
    ] {
        assert_eq!(read(line).unwrap().model.context.map(super::ContextLimit::tokens), Some(tokens), "{line}");
    }
    for line in ["model: {rope: {scale: \"2\"}}", "model: {rope: {scale: 2}}", "model: {rope: {scale: 2.0}}"] {
        let scale = read(line).unwrap().model.rope.scale.map(super::RopeScale::number);
        assert_eq!(scale, Some(2.0), "{line}");
    }
    assert_eq!(read("axis: words").unwrap().axis.unwrap().word(), "words");
    for line in ["model: {}", "model: {rope: {}}", "axis:", "bos: tokenizer"] {
        assert!(read(line).is_ok(), "{line}");
    }
}
