//! The values that checks are given: each type refuses what could never be meant.

use std::ops::Deref;

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::text::exact;

/// A text with something to see in it (every reply would contain the empty one).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar")]
#[schemars(with = "String")]
pub struct Value(String);

/// One text or several, none of them empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Value>")]
#[schemars(with = "Vec<String>")]
pub struct Texts(Vec<Value>);

/// A regular expression that runs in linear time; compiled when the pack is read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Pattern(Regex);

/// A Unicode script, by its name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Script {
    name: String,
    letters: Regex,
}

/// A text as YAML gives it: `value: 12` and `value: true` are texts as well.
#[derive(Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
struct Scalar(String);

impl TryFrom<serde_json::Value> for Scalar {
    type Error = String;
    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        match value {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            serde_json::Value::Bool(truth) => Ok(Self(truth.to_string())),
            other => Err(format!("`{other}` is not a text")),
        }
    }
}

impl TryFrom<Scalar> for Value {
    type Error = &'static str;
    fn try_from(Scalar(text): Scalar) -> Result<Self, Self::Error> {
        if exact(&text).is_empty() {
            Err("an empty text to look for, which every reply contains")
        } else {
            Ok(Self(text))
        }
    }
}

impl TryFrom<Vec<Value>> for Texts {
    type Error = &'static str;
    fn try_from(texts: Vec<Value>) -> Result<Self, Self::Error> {
        if texts.is_empty() { Err("an empty list of texts to look for") } else { Ok(Self(texts)) }
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(pattern: String) -> Result<Self, String> {
        let why = |error: regex::Error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("`{pattern}` is not a regular expression: {reason}")
        };
        Regex::new(&pattern).map(Self).map_err(why)
    }
}

impl TryFrom<String> for Script {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        let letters = plain.then(|| Regex::new(&format!(r"\p{{scx={name}}}")).ok()).flatten();
        let letters = letters
            .ok_or_else(|| format!("`{name}` is not a Unicode script; Latin, Cyrillic, Greek, Arabic, Han are"))?;
        Ok(Self { name, letters })
    }
}

impl Script {
    /// The name as the pack writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a letter belongs to the script.
    pub(crate) fn holds(&self, letter: char) -> bool {
        self.letters.is_match(letter.encode_utf8(&mut [0; 4]))
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Deref for Value {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Deref for Texts {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl Deref for Pattern {
    type Target = Regex;
    fn deref(&self) -> &Regex {
        &self.0
    }
}
