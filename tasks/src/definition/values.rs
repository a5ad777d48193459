//! Values of task files that may be written in several ways.

use schemars::JsonSchema;
use serde::de::{EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::single::{Single, Words};
use super::tree::{FUNCTION, Tree, TreeVisitor};
use crate::yaml::{QUOTES, told};

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
        declared(Tree::deserialize(deserializer)?.0)
    }
}

fn declared<E: Error>(value: Value) -> Result<Declared, E> {
    match value {
        Value::String(text) => Ok(Declared::Text(text)),
        Value::Number(number) if number.is_i64() => Ok(Declared::Index(number.as_i64().unwrap_or_default())),
        Value::Array(items) => Ok(Declared::List(items)),
        Value::Object(table) => Ok(Declared::Table(table)),
        other => Err(told(&format!("{other} is not a template, column, index or list"), "put quotes round a text")),
    }
}

/// What a key takes beside a text, an index and the name of a Python function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    List,
    /// A list or a table of single values.
    Choices,
}

/// `#[serde(deserialize_with)]` for a text with templates, or a column's name.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Declared>, D::Error> {
    deserializer.deserialize_any(Taken(Beside::Nothing))
}

/// `#[serde(deserialize_with)]` for an answer.
pub(super) fn target<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Declared>, D::Error> {
    deserializer.deserialize_any(Taken(Beside::List))
}

/// `#[serde(deserialize_with)]` for choices.
pub(super) fn choices<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Declared>, D::Error> {
    deserializer.deserialize_any(Taken(Beside::Choices))
}

/// Reads a declared value. What is not taken is refused inside the visitor, so that the error bears the value's place.
struct Taken(Beside);

impl<'de> Visitor<'de> for Taken {
    type Value = Option<Declared>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a template or a column's name")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        declared(value.into()).map(Some)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        declared(value.into()).map(Some)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        declared(value.into()).map(Some)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        declared(value.into()).map(Some)
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Declared::Text(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        if self.0 == Beside::Nothing {
            return Err(told("a list is not a text", QUOTES));
        }
        let mut list = Vec::new();
        match self.0 {
            Beside::Choices => {
                while let Some(Single(item)) = items.next_element()? {
                    list.push(item);
                }
            }
            _ => {
                while let Some(Tree(item)) = items.next_element()? {
                    list.push(item);
                }
            }
        }
        Ok(Some(Declared::List(list)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut table = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            // The form that a Python function has once a file was read; it is refused with what to write instead.
            let value = match self.0 {
                _ if key == FUNCTION => entries.next_value::<Tree>()?.0,
                Beside::Choices => entries.next_value::<Single>()?.0,
                _ => return Err(told("a map is not a text", QUOTES)),
            };
            table.insert(key, value);
        }
        if table.is_empty() && self.0 != Beside::Choices {
            return Err(told("a map is not a text", QUOTES));
        }
        Ok(Some(Declared::Table(table)))
    }
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Self::Value, A::Error> {
        declared(TreeVisitor.visit_enum(tagged)?).map(Some)
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
