//! The parts of a task file, checked one by one.

use serde_json::Value;

use crate::definition::{Declared, OutputType, TaskFile};
use crate::error::{Error, Result};
use crate::long::LongSpec;
use crate::prompt::{Keys, Templates};

/// Makes an error of a message and its mend.
pub(super) type Wrong<'w> = &'w dyn Fn(String, &str) -> Error;

pub(super) fn question_keys(file: &TaskFile, output: OutputType, wrong: Wrong<'_>) -> Result<(Keys, Keys)> {
    let nothing = Declared::Text(String::new());
    let text = match (&file.doc_to_text, output) {
        (Some(text), _) => text.clone(),
        (None, OutputType::LoglikelihoodRolling) => nothing,
        (None, _) => return Err(wrong("`doc_to_text` is missing".into(), "it is the question, a Jinja template")),
    };
    let target = file.doc_to_target.clone();
    let target = target.ok_or_else(|| wrong("`doc_to_target` is missing".into(), "it is the answer, or its index"))?;
    if output == OutputType::MultipleChoice && file.doc_to_choice.is_none() {
        let problem = "`doc_to_choice` is missing, and the output type is `multiple_choice`";
        return Err(wrong(problem.into(), "name the choices, or set `output_type`"));
    }
    let keys = Keys {
        prefix: "",
        text,
        target,
        choice: file.doc_to_choice.clone(),
        delimiter: file.target_delimiter.clone().unwrap_or_else(|| " ".into()),
        end: file.fewshot_delimiter.clone().unwrap_or_else(|| "\n\n".into()),
        gen_prefix: file.gen_prefix.clone(),
    };
    let config = &file.fewshot_config;
    let shots = Keys {
        prefix: "fewshot_config.",
        text: config.doc_to_text.clone().unwrap_or_else(|| keys.text.clone()),
        target: config.doc_to_target.clone().unwrap_or_else(|| keys.target.clone()),
        choice: config.doc_to_choice.clone().or_else(|| keys.choice.clone()),
        delimiter: config.target_delimiter.clone().unwrap_or_else(|| keys.delimiter.clone()),
        end: config.fewshot_delimiter.clone().unwrap_or_else(|| keys.end.clone()),
        gen_prefix: config.gen_prefix.clone().or_else(|| keys.gen_prefix.clone()),
    };
    Ok((keys, shots))
}

/// Refuses what a task over long texts cannot be.
pub(super) fn check_long(long: &LongSpec, output: OutputType, wrong: Wrong<'_>) -> Result<()> {
    if output != OutputType::MultipleChoice {
        return Err(wrong(
            "`long` has choices".into(),
            "write `output_type: multiple_choice`; a metric such as `recall` asks for replies",
        ));
    }
    long.flaw().map_or(Ok(()), |(problem, help)| Err(wrong(problem, help)))
}

/// Refuses templates in a list or table of choices, which are asked as they stand.
pub(super) fn check_choices(keys: &Keys, wrong: Wrong<'_>) -> Result<()> {
    let choices: Vec<(String, &Value)> = match &keys.choice {
        Some(Declared::List(items)) => items.iter().enumerate().map(|(at, item)| (format!("[{at}]"), item)).collect(),
        Some(Declared::Table(table)) => table.iter().map(|(key, item)| (format!(".{key}"), item)).collect(),
        _ => Vec::new(),
    };
    let holds =
        |text: &str, open: &str, close: &str| text.find(open).is_some_and(|at: usize| text[at..].contains(close));
    let is_template = |text: &&str| holds(text, "{{", "}}") || holds(text, "{%", "%}");
    match choices.iter().find_map(|(at, item)| Some((at, item.as_str().filter(is_template)?))) {
        Some((at, text)) => Err(wrong(
            format!("`{}doc_to_choice{at}`: `{text}` is a template, and single choices are not filled in", keys.prefix),
            "write one template that gives the list, as in `doc_to_choice: \"{{ [choices[0], choices[1]] }}\"`",
        )),
        None => Ok(()),
    }
}

pub(super) fn compile_templates(name: &str, file: &TaskFile, keys: &Keys, shots: &Keys) -> Result<Templates> {
    let mut texts = Vec::new();
    for keys in [keys, shots] {
        let declared = [
            ("doc_to_text", Some(&keys.text)),
            ("doc_to_target", Some(&keys.target)),
            ("doc_to_choice", keys.choice.as_ref()),
        ];
        for (key, declared) in declared {
            texts.extend(declared.and_then(Declared::text).map(|text| (format!("{}{key}", keys.prefix), text)));
        }
    }
    texts.extend(file.description.as_ref().and_then(Declared::text).map(|text| ("description".to_owned(), text)));
    texts.extend(file.cluster.as_deref().map(|text| ("cluster".to_owned(), text)));
    texts.extend(file.counted.as_deref().map(|text| ("counted".to_owned(), text)));
    let texts: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (key.as_str(), *text)).collect();
    Templates::compile(name, &texts, &file.process)
}
