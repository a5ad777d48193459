//! Values that YAML gives as one or as many.

use schemars::JsonSchema;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::tree::TreeVisitor;
use crate::yaml::{QUOTES, told};

/// One choice: a text or number, neither list nor map.
pub(super) struct Single(pub(super) Value);

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
