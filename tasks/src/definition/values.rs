//! Values of task files that may be written in several ways.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::tree::FUNCTION;

/// A text, a number, a list, a table, or the name of a Python function.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Declared {
    /// A template or a column's name.
    Text(String),
    /// An index.
    Index(i64),
    /// As it is.
    List(Vec<Value>),
    /// A table.
    Table(Map<String, Value>),
}

impl Declared {
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl<'de> Deserialize<'de> for Declared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match super::tree::Tree::deserialize(deserializer)?.0 {
            Value::String(text) => Ok(Self::Text(text)),
            Value::Number(number) if number.is_i64() => Ok(Self::Index(number.as_i64().unwrap_or_default())),
            Value::Array(items) => Ok(Self::List(items)),
            Value::Object(table) => Ok(Self::Table(table)),
            other => Err(serde::de::Error::custom(format!("{other} is no template, column, index or list"))),
        }
    }
}

/// One word or several.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Words(pub Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = |value: Value| match value {
            Value::String(word) => Ok(word),
            other => Err(serde::de::Error::custom(format!("{other} is no name"))),
        };
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Self::default()),
            Value::Array(words) => words.into_iter().map(word).collect::<Result<_, _>>().map(Self),
            value => Ok(Self(vec![word(value)?])),
        }
    }
}

/// Files for all splits, or for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum DataFiles {
    /// One file, whatever the split.
    One(String),
    /// Several files, whatever the split.
    Many(Vec<String>),
    /// Files of each split.
    Splits(std::collections::BTreeMap<String, Words>),
}

/// Score of guessing.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema)]
pub enum Chance {
    /// In [0, 1].
    Fixed(f64),
    /// The mean over items of one over the number of choices.
    PerItem,
}

impl<'de> Deserialize<'de> for Chance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(word) if word == "per-item" => Ok(Self::PerItem),
            Value::Number(number) => match number.as_f64().filter(|chance| (0.0..=1.0).contains(chance)) {
                Some(chance) => Ok(Self::Fixed(chance)),
                None => Err(serde::de::Error::custom(format!("a chance of {number} is not between 0 and 1"))),
            },
            other => {
                Err(serde::de::Error::custom(format!("{other} is no chance: a number from 0 to 1, or `per-item`")))
            }
        }
    }
}

impl Serialize for Chance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(chance) => serializer.serialize_f64(*chance),
            Self::PerItem => serializer.serialize_str("per-item"),
        }
    }
}

/// The function a value names, where the file had `!function` there.
pub(crate) fn function_of(value: &Value) -> Option<&str> {
    value.as_object().filter(|table| table.len() == 1)?.get(FUNCTION)?.as_str()
}
