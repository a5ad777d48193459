//! Values of task files that may be written in several ways.

use schemars::JsonSchema;
use serde::de::{EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

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

/// One choice: a text or number, neither list nor map.
struct Single(Value);

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SingleVisitor;
        impl<'de> Visitor<'de> for SingleVisitor {
            type Value = Value;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a choice: a text or a number")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                TreeVisitor.visit_f64(value)
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(text.into())
            }
            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Err(told("a choice is null", "write it out, with quotes where it is the word `null`"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
                Err(told("a list is not a choice", QUOTES))
            }
            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
                Err(told("a map is not a choice", QUOTES))
            }
        }
        deserializer.deserialize_any(SingleVisitor).map(Self)
    }
}

/// One word or several.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Words(pub Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = |value: Value| match value {
            Value::String(word) => Ok(word),
            Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
            other => Err(told(&format!("{other} is not a name"), "put quotes round it")),
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
                Err(serde::de::Error::custom(format!("{other} is not a chance: a number from 0 to 1, or `per-item`")))
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
