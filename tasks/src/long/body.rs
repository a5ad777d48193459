//! What fills a long text, piece by piece, from its beginning to any length.

use std::borrow::Cow;

use super::sentences::sentence;
use crate::hash::sha256_hex;
use crate::icl::Dice;

/// Bytes after which a sentence of a file ends at the next word.
const LONGEST: usize = 400;

/// What fills a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// Sentences of our own.
    Sentences,
    /// Sentences of a file, from its start again when it is over.
    File(Vec<String>),
    /// Blocks of words: each holds `often` in full and `rare` words of `others`, in any order.
    Words {
        /// Tells texts apart.
        name: String,
        /// The words of each block, each as often as it stands here.
        often: Vec<String>,
        /// What the other words of a block are drawn from.
        others: Vec<String>,
        /// How many of them a block holds, each once.
        rare: usize,
        /// The fewest blocks in which the words that are asked for are the most frequent.
        fewest: usize,
    },
}

impl Body {
    /// The sentences of a text; `None` where it holds none.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let mut sentences: Vec<String> = Vec::new();
        let mut sentence = String::new();
        for word in text.split_whitespace() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            // Where no spaces are written a word may be a page.
            for part in word.split_inclusive(['。', '！', '？']) {
                for sign in part.chars() {
                    sentence.push(sign);
                    if sentence.len() > 4 * LONGEST {
                        sentences.push(std::mem::take(&mut sentence));
                    }
                }
                let ends =
                    part.trim_end_matches(['"', '\'', ')', '”', '’']).ends_with(['.', '!', '?', '…', '。', '！', '？']);
                // A text without full stops is cut somewhere.
                if ends || sentence.len() > LONGEST {
                    sentences.push(std::mem::take(&mut sentence));
                }
            }
        }
        sentences.extend((!sentence.is_empty()).then_some(sentence));
        (!sentences.is_empty()).then_some(Self::File(sentences))
    }

    /// A hash of what was read from a file, if it was.
    pub(crate) fn hash(&self) -> Option<String> {
        match self {
            Self::File(sentences) => Some(sha256_hex(sentences.join("\n").as_bytes())),
            Self::Sentences | Self::Words { .. } => None,
        }
    }

    /// The fewest pieces whose question has one answer.
    pub(super) fn fewest(&self) -> usize {
        match self {
            Self::Words { fewest, .. } => *fewest,
            Self::Sentences | Self::File(_) => 1,
        }
    }

    /// Piece number `index`, whatever the length of the text.
    pub(super) fn piece(&self, index: usize) -> Cow<'_, str> {
        match self {
            Self::Sentences => sentence(index).into(),
            Self::File(sentences) => sentences[index % sentences.len()].as_str().into(),
            Self::Words { name, often, others, rare, .. } => {
                let mut dice = Dice::new(name, index);
                let others: Vec<&str> = others.iter().map(String::as_str).collect();
                let mut words = dice.sample(&others, *rare);
                words.extend(often.iter().map(String::as_str));
                dice.shuffle(&mut words);
                words.join(" ").into()
            }
        }
    }
}
