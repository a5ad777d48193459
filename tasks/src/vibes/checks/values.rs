//! The values that checks are given: each type refuses what could never be meant.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::Deserialize;

use super::text_match::exact;

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
