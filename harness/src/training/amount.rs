//! How far a training is, in steps or in tokens: `143000`, `5T tokens`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};

use crate::Result;

/// What may stand in place of `tokens`, where a run counts something else.
const COUNTED: [&str; 7] = ["token", "tokens", "word", "words", "sample", "samples", "flops"];

/// A place in a training, or a length of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Amount {
    /// Optimiser steps.
    Steps(u64),
    /// Tokens seen, or what else the run counts.
    Tokens(u64),
}

impl Amount {
    /// The number alone.
    pub(crate) fn count(self) -> u64 {
        let (Self::Steps(count) | Self::Tokens(count)) = self;
        count
    }

    /// Reads `143000`, `143_000 steps`, `400k steps`, `5T tokens`, `8.39B tokens`.
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), "steps"));
        let bare = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let scale = match &number[bare.len()..] {
            "" => 1,
            "k" | "K" => 1_000,
            "M" => 1_000_000,
            "B" => 1_000_000_000,
            "T" => 1_000_000_000_000,
            _ => return None,
        };
        let (whole, decimals) = bare.split_once('.').unwrap_or((bare, ""));
        let parts = 10_u64.checked_pow(decimals.len() as u32).filter(|parts| scale % parts == 0)?;
        let digits = format!("{whole}{decimals}").replace('_', "");
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let value = digits.parse::<u64>().ok()?.checked_mul(scale / parts)?;
        match unit.trim() {
            "step" | "steps" => Some(Self::Steps(value)),
            counted if COUNTED.contains(&counted) => Some(Self::Tokens(value)),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("steps such as 143000 or `400k steps`, or tokens such as `5T tokens`")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Amount, E> {
                Ok(Amount::Steps(value))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Amount, E> {
                Amount::parse(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": "^[0-9][0-9_]*(\\.[0-9]+)?[kKMBT]?( +(steps?|tokens?|words?|samples?|flops))?$"},
        ]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_written() {
        let read = [
            ("143000", Amount::Steps(143_000)),
            ("143_000 steps", Amount::Steps(143_000)),
            ("400k steps", Amount::Steps(400_000)),
            ("5T tokens", Amount::Tokens(5_000_000_000_000)),
            ("8.39B tokens", Amount::Tokens(8_390_000_000)),
            ("1 token", Amount::Tokens(1)),
            ("10M words", Amount::Tokens(10_000_000)),
        ];
        for (text, wanted) in read {
            assert_eq!(Amount::parse(text), Some(wanted), "{text}");
        }
        for text in
            ["", "steps", "5T letters", "1.5 tokens", "-3 steps", "5X tokens", "99999999999T tokens", ".5k", "1e6"]
        {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }
}
