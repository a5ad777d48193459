//! A regular expression in a check.

use std::ops::Deref;

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

/// A regular expression that runs in linear time; compiled when the pack is read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Pattern(Regex);

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

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Deref for Pattern {
    type Target = Regex;
    fn deref(&self) -> &Regex {
        &self.0
    }
}
