//! How texts are compared: case, width and spaces aside where a check says so.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The text as a reader sees it: letters composed (NFC), and one character for those that look alike, typed or typeset: `’` is
/// `'`, `“` is `"`, a space that does not break is a space, a full-width letter is the letter; what has no width is left out.
pub(super) fn exact(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '’' | '‘' | '‛' | 'ʼ' => plain.push('\''),
            '“' | '”' | '„' | '‟' => plain.push('"'),
            '\u{2010}' | '\u{2011}' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => plain.push(' '),
            // Joiners (U+200C, U+200D) make one emoji of several and other letters in Indic scripts: they stay.
            '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            '\u{ff01}'..='\u{ff5e}' => plain.extend(char::from_u32(u32::from(c) - 0xfee0)),
            other => plain.push(other),
        }
    }
    ComposingNormalizerBorrowed::new_nfc().normalize(&plain).into_owned()
}

/// The same without regard to case, by Unicode's full case folding: `straße` and `STRASSE` are one.
pub(in crate::vibes) fn fold(text: &str) -> String {
    let (nfc, nfd) = (ComposingNormalizerBorrowed::new_nfc(), DecomposingNormalizerBorrowed::new_nfd());
    let plain = exact(text);
    let folded = CaseMapper::new().fold_string(&nfd.normalize(&plain)).into_owned();
    nfc.normalize(&folded).into_owned()
}

/// How one text is looked for in another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) fold: fn(&str) -> String,
    whole_words: bool,
}

impl Match {
    pub(super) fn exact(words: Option<bool>) -> Self {
        Self { fold: exact, whole_words: words.unwrap_or(false) }
    }

    pub(super) fn folded(words: Option<bool>) -> Self {
        Self { fold, whole_words: words.unwrap_or(false) }
    }

    /// How often `wanted` occurs in `said`, which went through [`Match::fold`] already, without overlap.
    pub(super) fn count(self, said: &str, wanted: &str) -> usize {
        let wanted = (self.fold)(wanted);
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let stands_alone = |at: usize| {
            let (before, after) = (&said[..at], &said[at + wanted.len()..]);
            !is_word(before.chars().next_back()) && !is_word(after.chars().next())
        };
        said.match_indices(&wanted).filter(|(at, _)| !self.whole_words || stands_alone(*at)).count()
    }
}

/// The first 60 characters of a text, trimmed, in back-quotes, for a verdict.
pub(super) fn excerpt(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None if text.is_empty() => "nothing".into(),
        None => format!("`{text}`"),
    }
}
