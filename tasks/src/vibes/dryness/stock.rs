//! Phrases from stock: the shipped list, or one of somebody's own.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::said::{Said, spelled};
use crate::error::Result;
use crate::yaml::{self, Step};

/// The text of the shipped list.
pub(crate) const SHIPPED: &str = include_str!("../../../../prompts/lists/stock-phrases.yaml");

/// The list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    stock_phrases: Vec<String>,
}

/// Phrases to look for, as their words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct StockPhrases(Vec<Vec<String>>);

impl StockPhrases {
    /// The list that comes with the program.
    pub fn shipped() -> Self {
        Self::parse("prompts/lists/stock-phrases.yaml", SHIPPED).expect("a test reads the shipped list")
    }

    /// Reads a list from text: YAML with the one key `stock_phrases`; messages call its file `name`.
    ///
    /// # Errors
    /// It is no such YAML, lists nothing, or a phrase has no word; with file, line and mend.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let listed: Listed = yaml::parse(name, text)?;
        let phrases = listed.stock_phrases;
        let wordless = phrases.iter().position(|phrase| spelled(phrase).is_empty());
        let (mut place, mut help) = (vec![Step::Key("stock_phrases")], "write one a line, as in `- of course`");
        if let Some(index) = wordless {
            place.push(Step::Item(index));
            help = "a phrase is words that follow each other; strike it out, or write some";
        }
        let found = if phrases.is_empty() { Err("no phrase is listed".to_owned()) } else { Self::of(&phrases) };
        found.map_err(|problem| yaml::refuse(name, text, &place, problem, Some(help.to_owned())))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
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

    /// Beside each word, whether a phrase begins with it; phrases do not go from one reply into the next, and no word is of two.
    pub(super) fn begins(&self, said: &Said) -> Vec<bool> {
        let mut phrases: HashMap<u32, Vec<Vec<u32>>> = HashMap::new();
        for phrase in self.0.iter().filter_map(|phrase| said.numbered(phrase)) {
            phrases.entry(phrase[0]).or_default().push(phrase);
        }
        let ends = said.replies.iter().skip(1).map(|next| next.word).chain([said.words.len()]);
        let replies = said.replies.iter().zip(ends).map(|(reply, end)| &said.words[reply.word..end]);
        let longest = |rest: &[u32]| {
            let here = phrases.get(&rest[0])?.iter().filter(|phrase| rest.starts_with(phrase));
            here.map(Vec::len).max()
        };
        replies
            .flat_map(|reply| {
                let mut begins = vec![false; reply.len()];
                apart(reply, longest).for_each(|(at, _)| begins[at] = true);
                begins
            })
            .collect()
    }

    /// The phrases found, each as often as it comes; of those that begin at one word, the longest.
    pub(crate) fn found(&self, reply: &str) -> Vec<String> {
        let words = spelled(reply);
        let longest = |rest: &[String]| self.0.iter().filter(|phrase| rest.starts_with(phrase)).map(Vec::len).max();
        apart(&words, longest).map(|(at, length)| words[at..at + length].join(" ")).collect()
    }
}

/// Place and length of the phrases in `words`, where `longest` tells the length of one that begins there; the next is looked for behind it.
fn apart<'w, W>(
    words: &'w [W],
    longest: impl Fn(&[W]) -> Option<usize> + 'w,
) -> impl Iterator<Item = (usize, usize)> + 'w {
    let mut from = 0;
    std::iter::from_fn(move || {
        let (at, length) = (from..words.len()).find_map(|at| Some((at, longest(&words[at..])?)))?;
        from = at + length;
        Some((at, length))
    })
}

impl TryFrom<Vec<String>> for StockPhrases {
    type Error = String;
    fn try_from(phrases: Vec<String>) -> std::result::Result<Self, String> {
        Self::of(&phrases)
    }
}

impl From<StockPhrases> for Vec<String> {
    fn from(phrases: StockPhrases) -> Self {
        phrases.0.iter().map(|words| words.join(" ")).collect()
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
        let within = StockPhrases::of(&["i hope this helps", "hope this helps"]).unwrap();
        assert_eq!(within.found("I hope this helps!"), ["i hope this helps"]);
        let said = Said::of([(0, "I hope this helps!")]);
        assert_eq!(within.begins(&said), [true, false, false, false]);
    }

    #[test]
    fn the_shipped_list_can_be_read_and_a_phrase_without_a_word_is_named() {
        assert!(StockPhrases::shipped().0.len() > 80);
        let error = StockPhrases::parse("mine.yaml", "stock_phrases: [of course, '!!']").unwrap_err();
        assert_eq!(error.to_string(), "mine.yaml:1:28: phrase 2, `!!`, has no word");
        let error = StockPhrases::parse("mine.yaml", "# none yet\nstock_phrases: []").unwrap_err();
        assert_eq!(error.to_string(), "mine.yaml:2:16: no phrase is listed");
    }

    #[test]
    fn a_list_is_kept_as_it_is_written() {
        let stock = StockPhrases::of(&["Of course!", "I'd be happy"]).unwrap();
        let kept = serde_json::to_string(&stock).unwrap();
        assert_eq!(kept, r#"["of course","i'd be happy"]"#);
        assert_eq!(serde_json::from_str::<StockPhrases>(&kept).unwrap(), stock);
        assert!(serde_json::from_str::<StockPhrases>(r#"["!!"]"#).is_err());
    }
}
