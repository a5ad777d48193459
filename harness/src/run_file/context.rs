//! The context limit, as a run file or the command line says it.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use spyglass_tasks::yaml;

use crate::Result;

/// More tokens than this are a slip: the angles and the states of so long a text fit no memory.
const MOST: usize = 1 << 24;

/// A context limit in tokens: at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct ContextLimit(usize);

impl ContextLimit {
    /// The number.
    pub fn tokens(self) -> usize {
        self.0
    }
}

impl FromStr for ContextLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.replace('_', "");
        if !text.starts_with(|c: char| c.is_ascii_digit()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("`{text}` is not a count of tokens"));
        }
        match digits.parse() {
            Ok(0) => Err("a context limit of 0 tokens leaves no room for a question".into()),
            Ok(tokens) if tokens <= MOST => Ok(Self(tokens)),
            _ => Err(format!(
                "a context limit of {text} tokens is above {MOST}: the states of so long a text fit no memory"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for ContextLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        yaml::scalar(deserializer, "a count of tokens such as 16384 or 16_384", str::parse)
    }
}
