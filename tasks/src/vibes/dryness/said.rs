//! What was said, as the measures want it: all replies one after the other.

use std::collections::HashMap;

use crate::vibes::checks::fold;
use crate::vibes::words::words;

/// Replies one after the other: their words as numbers, their bytes, and to whom each belongs.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Equal words have equal numbers; in order of first use.
    pub(super) words: Vec<u32>,
    /// The replies as they are, a line break between two.
    pub(super) bytes: Vec<u8>,
    pub(super) replies: Vec<Begin>,
    numbers: HashMap<String, u32>,
}

/// Where a reply begins, and to which group it belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begin {
    pub(super) word: usize,
    pub(super) byte: usize,
    pub(super) group: usize,
}

impl Said {
    /// Of replies with the number of what they hang together by, such as the prompt.
    pub fn of<'a>(replies: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let mut said = Self::default();
        for (group, reply) in replies {
            if !said.replies.is_empty() {
                said.bytes.push(b'\n');
            }
            said.replies.push(Begin { word: said.words.len(), byte: said.bytes.len(), group });
            said.bytes.extend_from_slice(reply.as_bytes());
            for word in spelled(reply) {
                let next = said.numbers.len() as u32;
                said.words.push(*said.numbers.entry(word).or_insert(next));
            }
        }
        said
    }

    /// The numbers of a phrase's words; `None` where one of them was never said.
    pub(super) fn numbered(&self, phrase: &[String]) -> Option<Vec<u32>> {
        phrase.iter().map(|word| self.numbers.get(word).copied()).collect()
    }

    /// The group of the reply that holds the word at `index`.
    pub(super) fn group_of_word(&self, index: usize) -> usize {
        self.group(self.replies.partition_point(|reply| reply.word <= index))
    }

    /// The group of the reply that holds the byte at `index`.
    pub(super) fn group_of_byte(&self, index: usize) -> usize {
        self.group(self.replies.partition_point(|reply| reply.byte <= index))
    }

    fn group(&self, after: usize) -> usize {
        after.checked_sub(1).map_or(0, |reply| self.replies[reply].group)
    }
}

/// The words of a text, case and typesetting aside; in scripts that put no spaces between words, its letters.
pub(super) fn spelled(text: &str) -> Vec<String> {
    let plain = fold(text);
    let letters = |word: &str| -> Vec<String> {
        if word.chars().any(is_unspaced) {
            word.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect()
        } else {
            vec![word.to_owned()]
        }
    };
    words(&plain).flat_map(letters).collect()
}

/// Of a script that puts no spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_every_script() {
        let cases = [
            ("Ahoy, “Matey”! Don’t — stop…", vec!["ahoy", "matey", "don't", "stop"]),
            ("你好,世界 ok", vec!["你", "好", "世", "界", "ok"]),
            ("🎉 !!! : :", vec![]),
        ];
        for (text, wanted) in cases {
            assert_eq!(spelled(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_word_belongs_to_the_reply_that_holds_it() {
        let said = Said::of([(4, "one two"), (5, ""), (6, "two")]);
        assert_eq!(said.words, [0, 1, 1]);
        assert_eq!([0, 1, 2].map(|word| said.group_of_word(word)), [4, 4, 6]);
        assert_eq!((said.bytes.as_slice(), said.group_of_byte(8)), (b"one two\n\ntwo".as_slice(), 5));
    }
}
