//! The numbers in a reply, in digits of any script and in English words.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::Finding;
use super::number_pieces::pieces;
use super::number_reader::Reader;
use super::number_text::readable;

/// Which number of a reply counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pick {
    /// The first one.
    First,
    /// The last one: an answer comes after its reasons.
    #[default]
    Last,
    /// Any of them.
    Any,
}

/// All numbers of a text, in their order. How digits are read, `number_digits` says; of words: `minus twenty-one`, `two and a
/// half`, `three point one four`, `two thirds`, `the twenty-first`; an ordinal alone (`the second`) is none, and neither are the
/// numbers of a list's items, from 1 on.
pub(super) fn numbers(text: &str) -> Vec<f64> {
    let text = readable(text);
    let reader = Reader { text: &text, pieces: pieces(&text) };
    let (mut found, mut at, mut ended) = (Vec::new(), 0, None);
    while at < reader.pieces.len() {
        let Some((value, next)) = reader.number(at) else {
            at += 1;
            continue;
        };
        found.push(if reader.is_negated(at, ended) && value > 0.0 { -value } else { value });
        (at, ended) = (next, Some(next));
    }
    found
}

pub(super) fn equals(said: &str, value: f64, pick: Pick, tolerance: Option<f64>) -> Finding {
    let found = numbers(said);
    let slack = tolerance.unwrap_or(0.0).max(value.abs() * 1e-9);
    let equal = |number: &&f64| (**number - value).abs() <= slack;
    let chosen = match pick {
        Pick::First => found.first(),
        Pick::Last => found.last(),
        Pick::Any => found.iter().find(equal).or(found.last()),
    };
    let actual = match chosen {
        Some(number) if found.len() > 1 => format!("{number}, among {} numbers", found.len()),
        Some(number) => format!("{number}"),
        None => "no number".into(),
    };
    Finding::of(chosen.as_ref().is_some_and(equal), format!("the number {value}"), actual)
}

/// Reads `value: 12`, and `value: "{{ a * b }}"` after its variables are filled in.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let only =
        |text: &str| text.trim().parse().ok().or_else(|| <[f64; 1]>::try_from(numbers(text)).ok().map(|[one]| one));
    let number = value.as_f64().or_else(|| value.as_str().and_then(only));
    number.ok_or_else(|| D::Error::custom(format!("`value` is a number, not `{value}`")))
}

/// A number, or a text that becomes one.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["number", "string"] })
}

#[cfg(test)]
mod tests;
