//! The keys of a task file that make a question, and what they give for a row.

use serde_json::Value;

use super::doc::{Doc, Resolved};
use super::reading::{Asked, Reading, Target, index, nth, printed, shortened};
use super::templates::Templates;
use crate::definition::Declared;
use crate::python::{self, literal};

/// Which keys make a question, for the items or for the shots.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// Prefix of the templates' names: empty, or `fewshot_config.`.
    pub(crate) prefix: &'static str,
    pub(crate) text: Declared,
    pub(crate) target: Declared,
    pub(crate) choice: Option<Declared>,
    /// Between question and answer.
    pub(crate) delimiter: String,
    /// After each shot.
    pub(crate) end: String,
    /// Text with which the answer begins.
    pub(crate) gen_prefix: Option<String>,
}

impl Keys {
    /// Reads a row; the message of an error names the key.
    pub(super) fn read(&self, templates: &Templates, doc: &Doc<'_>) -> Result<Reading, String> {
        let key = |name: &str| format!("{}{name}", self.prefix);
        let (text, target, choice) = (key("doc_to_text"), key("doc_to_target"), key("doc_to_choice"));
        let has_choices = self.choice.is_some();
        let asked = match doc.resolve(templates, &text, &self.text)? {
            Resolved::Rendered(text) if has_choices && is_number(&text) => Asked::Index(index(&text)?),
            Resolved::Rendered(text) => Asked::Text(text),
            Resolved::Raw(value) => match value.as_i64() {
                Some(index) if has_choices => Asked::Index(index),
                _ => Asked::Text(filled(&text, &value)?),
            },
        };
        let choices = match &self.choice {
            Some(declared) => Some(choices(&choice, doc.resolve(templates, &choice, declared)?)?),
            None => None,
        };
        let target = match doc.resolve(templates, &target, &self.target)? {
            Resolved::Rendered(text) if has_choices && is_number(&text) => Target::Index(index(&text)?),
            Resolved::Rendered(text) => match literal(&text).filter(|_| text.starts_with('[') && text.ends_with(']')) {
                Some(Value::Array(values)) => Target::Several(values),
                _ => Target::Text(text),
            },
            Resolved::Raw(Value::Array(values)) => Target::Several(values),
            Resolved::Raw(Value::Bool(value)) => Target::Index(value.into()),
            Resolved::Raw(value) => match value.as_i64() {
                Some(index) => Target::Index(index),
                None => Target::Text(filled(&target, &value)?),
            },
        };
        Ok(Reading { asked, choices, target })
    }

    /// The text of one shot: question, delimiter, answer and what stands between shots.
    pub(super) fn shot(&self, templates: &Templates, doc: &Doc<'_>) -> Result<String, String> {
        let reading = self.read(templates, doc)?;
        let several_contexts = matches!(reading.asked, Asked::Index(_));
        let mut shot = match (&reading.asked, &reading.choices) {
            (Asked::Text(text), _) => text.clone(),
            (Asked::Index(index), Some(choices)) => nth(choices, *index)?.clone(),
            (Asked::Index(index), None) => return Err(format!("the question is the number {index}")),
        };
        let answer = match (&reading.target, &reading.choices) {
            (Target::Index(index), Some(choices)) if !several_contexts => nth(choices, *index)?.clone(),
            (Target::Several(values), _) => values.first().map(printed).ok_or("the list of answers is empty")?,
            (target, _) => target.logged(),
        };
        if !answer.is_empty() {
            shot += &self.delimiter;
            shot += &delimited(self.gen_prefix.as_deref(), &answer);
            shot += &self.end;
        }
        Ok(shot)
    }

    /// The question as the context ends with it: with the start of the answer, where the task gives one.
    pub(super) fn ending(&self, question: &str) -> String {
        let Some(start) = self.gen_prefix.as_deref().filter(|start| !start.is_empty()) else {
            return question.to_owned();
        };
        let touches =
            question.is_empty() || question.ends_with(python::is_space) || start.starts_with(python::is_space);
        format!("{question}{}{start}", if touches { "" } else { &self.delimiter })
    }
}

/// `start` before `answer`, with a space where neither brings white space.
fn delimited(start: Option<&str>, answer: &str) -> String {
    let Some(start) = start.filter(|start| !start.is_empty()) else { return answer.to_owned() };
    let touches = start.ends_with(python::is_space) || answer.starts_with(python::is_space);
    format!("{start}{}{answer}", if touches { "" } else { " " })
}

pub(super) fn choices(key: &str, resolved: Resolved) -> Result<Vec<String>, String> {
    let value = match resolved {
        Resolved::Raw(value) => value,
        Resolved::Rendered(text) => {
            literal(&text).ok_or_else(|| format!("`{key}` gives no list: {}", shortened(&text)))?
        }
    };
    let items = match value {
        Value::Array(items) => items,
        other => return Err(format!("`{key}` gives no list: {}", shortened(&printed(&other)))),
    };
    items
        .iter()
        .enumerate()
        .map(|(index, item)| match item {
            Value::Null => Err(format!("`{key}`: choice {index} is null")),
            item => Ok(printed(item)),
        })
        .collect()
}

fn filled(key: &str, value: &Value) -> Result<String, String> {
    if value.is_null() { Err(format!("`{key}` is null here")) } else { Ok(printed(value)) }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
