//! What fills a long text, piece by piece, from its beginning to any length.

use std::borrow::Cow;

use super::sentences::sentence;
use crate::icl::Dice;

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
            sentence.push_str(word);
            let ends = word.trim_end_matches(['"', '\'', ')', '”', '’']).ends_with(['.', '!', '?', '…', '。']);
            // A text without full stops is cut somewhere.
            if ends || sentence.len() > 400 {
                sentences.push(std::mem::take(&mut sentence));
            }
        }
        sentences.extend((!sentence.is_empty()).then_some(sentence));
        (!sentences.is_empty()).then_some(Self::File(sentences))
    }

    /// Piece number `index`, whatever the length of the text.
    pub(super) fn piece(&self, index: usize) -> Cow<'_, str> {
        match self {
            Self::Sentences => sentence(index).into(),
            Self::File(sentences) => sentences[index % sentences.len()].as_str().into(),
            Self::Words { name, often, others, rare } => {
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
