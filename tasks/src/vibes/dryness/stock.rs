//! Phrases from stock: the shipped list, or one of somebody's own.

use std::collections::HashMap;

use serde::Deserialize;

use super::said::{Said, spelled};
use crate::error::{Error, Result};
use crate::yaml;

/// The text of the shipped list.
pub(crate) const SHIPPED: &str = include_str!("../../../../prompts/lists/stock-phrases.yaml");

/// The list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    stock_phrases: Vec<String>,
}

/// Phrases to look for, as their words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockPhrases(Vec<Vec<String>>);

impl StockPhrases {
    /// The list that comes with the program.
    pub fn shipped() -> Self {
        Self::parse("prompts/lists/stock-phrases.yaml", SHIPPED).expect("a test reads the shipped list")
    }

    /// Reads a list from text: YAML with the one key `stock_phrases`; messages call its file `name`.
    ///
    /// # Errors
    /// It is no such YAML, or a phrase has no word.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let listed: Listed = yaml::parse(name, text)?;
        Self::of(&listed.stock_phrases).map_err(|problem| Error::Definition {
            file: name.to_owned(),
            problem,
            help: "a phrase is words that follow each other; strike it out, or write some".to_owned(),
        })
    }

    /// Of these phrases.
    ///
    /// # Errors
    /// One has no word, which is said with its place.
    pub fn of<P: AsRef<str>>(phrases: &[P]) -> std::result::Result<Self, String> {
        let words = |(index, phrase): (usize, &P)| {
            let words = spelled(phrase.as_ref());
            let place = index + 1;
            if words.is_empty() {
                Err(format!("phrase {place}, `{}`, has no word", phrase.as_ref()))
            } else {
                Ok(words)
            }
        };
        Ok(Self(phrases.iter().enumerate().map(words).collect::<std::result::Result<_, _>>()?))
    }

    /// Beside each word, whether a phrase begins with it; phrases do not go from one reply into the next.
    pub(super) fn begins(&self, said: &Said) -> Vec<bool> {
        let mut phrases: HashMap<u32, Vec<Vec<u32>>> = HashMap::new();
        for phrase in self.0.iter().filter_map(|phrase| said.numbered(phrase)) {
            phrases.entry(phrase[0]).or_default().push(phrase);
        }
        let ends = said.replies.iter().skip(1).map(|next| next.word).chain([said.words.len()]);
        let replies = said.replies.iter().zip(ends).map(|(reply, end)| &said.words[reply.word..end]);
        let begins = |rest: &[u32]| {
            phrases.get(&rest[0]).is_some_and(|phrases| phrases.iter().any(|phrase| rest.starts_with(phrase)))
        };
        replies.flat_map(|reply| (0..reply.len()).map(|at| begins(&reply[at..])).collect::<Vec<_>>()).collect()
    }

    /// The phrases found, each as often as it comes; of those that begin at one word, the longest.
    pub(crate) fn found(&self, reply: &str) -> Vec<String> {
        let words = spelled(reply);
        let longest = |at: usize| {
            let here = self.0.iter().filter(|phrase| words[at..].starts_with(phrase));
            here.max_by_key(|phrase| phrase.len()).map(|phrase| phrase.join(" "))
        };
        (0..words.len()).filter_map(longest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_in_a_reply_and_not_across_two() {
        let stock = StockPhrases::of(&["Of course!", "as an AI", "as an AI language model"]).unwrap();
        let said = Said::of([(0, "Of course, of COURSE. Of"), (0, "course not, as an ai")]);
        let begins: Vec<usize> =
            stock.begins(&said).iter().enumerate().filter_map(|(at, is)| is.then_some(at)).collect();
        assert_eq!(begins, [0, 2, 7]);
        assert_eq!(stock.found("As an AI language model, of course."), ["as an ai language model", "of course"]);
    }

    #[test]
    fn the_shipped_list_can_be_read_and_a_phrase_without_a_word_is_named() {
        assert!(StockPhrases::shipped().0.len() > 80);
        let error = StockPhrases::parse("mine.yaml", "stock_phrases: [of course, '!!']").unwrap_err();
        assert_eq!(error.to_string(), "mine.yaml: phrase 2, `!!`, has no word");
    }
}
