//! A Unicode script in a check.

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

/// A Unicode script, by its name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Script {
    name: String,
    letters: Regex,
}

impl TryFrom<String> for Script {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        let letters = plain.then(|| Regex::new(&format!(r"\p{{scx={name}}}")).ok()).flatten();
        let letters = letters
            .ok_or_else(|| format!("`{name}` is not a Unicode script; Latin, Cyrillic, Greek, Arabic, Han are"))?;
        Ok(Self { name, letters })
    }
}

impl Script {
    /// The name as the pack writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a letter belongs to the script.
    pub(crate) fn holds(&self, letter: char) -> bool {
        self.letters.is_match(letter.encode_utf8(&mut [0; 4]))
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
