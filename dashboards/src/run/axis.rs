//! What a run counts: tokens seen, or words, samples, FLOPs.

use serde::{Deserialize, Deserializer, Serialize};
use spyglass_tasks::yaml;

/// The longest name of an axis, in characters.
const LONGEST: usize = 24;

/// What a run counts along its axis, as a plural that stands behind a number: `tokens`, unless the run file names something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Axis(String);

impl Axis {
    /// What is counted, as a word.
    pub fn word(&self) -> &str {
        &self.0
    }

    /// Whether it counts tokens.
    pub fn is_tokens(&self) -> bool {
        self.0 == "tokens"
    }

    /// A text that was written for a run which counts tokens, as one of this run: each word `tokens` (or `Tokens`) that stands by itself
    /// becomes the axis' own.
    pub fn say(&self, text: String) -> String {
        if self.is_tokens() || !text.to_ascii_lowercase().contains("tokens") {
            return text;
        }
        let mut said = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.to_ascii_lowercase().find("tokens") {
            let (before, word) = (&rest[..at], &rest[at..at + "tokens".len()]);
            let after = &rest[at + word.len()..];
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            said.push_str(before);
            let stands_alone = !before.ends_with(is_part) && !after.starts_with(is_part);
            match word.chars().next() {
                Some('T') if stands_alone => {
                    let mut own = self.0.chars();
                    said.extend(own.next().into_iter().flat_map(char::to_uppercase));
                    said.push_str(own.as_str());
                }
                _ if stands_alone => said.push_str(&self.0),
                _ => said.push_str(word),
            }
            rest = after;
        }
        said + rest
    }
}

impl Default for Axis {
    fn default() -> Self {
        Self("tokens".into())
    }
}

impl TryFrom<String> for Axis {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let is_word = word.chars().all(|c| c.is_alphanumeric() || c == '_') && word.starts_with(char::is_alphabetic);
        if is_word && word.chars().count() <= LONGEST {
            Ok(Self(word))
        } else {
            Err(format!("`{word}` is not a word for what a run counts, such as tokens, words, samples or EFLOPs"))
        }
    }
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        yaml::scalar(deserializer, "a word for what the run counts, such as tokens, words or samples", |word| {
            word.to_owned().try_into()
        })
    }
}

impl From<Axis> for String {
    fn from(axis: Axis) -> Self {
        axis.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_the_word_of_its_axis() {
        let words = Axis::try_from("words".to_owned()).unwrap();
        let cases = [
            (
                "t emerged between 1 M and 2 M tokens (estimate 1.5 M)",
                "t emerged between 1 M and 2 M words (estimate 1.5 M)",
            ),
            ("Tokens seen", "Words seen"),
            ("count_tokens at 3 tokens, tokens_computed", "count_tokens at 3 words, tokens_computed"),
            ("+2.0 points per doubling of tokens.", "+2.0 points per doubling of words."),
            ("no amount", "no amount"),
        ];
        for (text, wanted) in cases {
            assert_eq!(words.say(text.into()), wanted);
            assert_eq!(Axis::default().say(text.into()), text);
        }
    }

    #[test]
    fn an_axis_is_one_word() {
        for word in ["", "two words", "3", "a-very-long-word-that-nobody-would-print", "<b>"] {
            assert!(Axis::try_from(word.to_owned()).is_err(), "{word}");
        }
        assert_eq!(Axis::try_from("EFLOPs".to_owned()).unwrap().word(), "EFLOPs");
    }
}
