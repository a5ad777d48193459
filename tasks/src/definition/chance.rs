//! What guessing scores, as a task file says it.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::tree::FUNCTION;

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
