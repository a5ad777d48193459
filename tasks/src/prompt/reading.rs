//! One row's question, choices and answer, read as lm-evaluation-harness reads them.

use serde_json::Value;

use crate::python;

/// An answer: the index of a choice, or text; several where the data allow several.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Index(i64),
    Text(String),
    Several(Vec<Value>),
}

impl Target {
    /// The target as lm-evaluation-harness logs it.
    pub(super) fn logged(&self) -> String {
        match self {
            Self::Index(index) => index.to_string(),
            Self::Text(text) => text.clone(),
            Self::Several(values) => printed(&Value::Array(values.clone())),
        }
    }
}

/// A question: text, or the index of the right context where each choice is a context.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    Text(String),
    Index(i64),
}

/// One row, read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) asked: Asked,
    pub(super) choices: Option<Vec<String>>,
    pub(super) target: Target,
}

/// Index `at` of the choices; negative ones do not count from the end, which is nearly always a mistake in the data.
pub(super) fn nth(choices: &[String], at: i64) -> Result<&String, String> {
    let found = usize::try_from(at).ok().and_then(|at| choices.get(at));
    found.ok_or_else(|| format!("the answer is choice {at}, and there are {} choices, counted from 0", choices.len()))
}

/// Python's `str(value)`.
pub(super) fn printed(value: &Value) -> String {
    let mut text = String::new();
    python::write_str(&mut text, value).expect("a string takes all that is written to it");
    text
}

pub(super) fn index(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("the index {} is far too large", shortened(text)))
}

pub(super) fn shortened(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
}
