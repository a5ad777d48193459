//! Checks on the words of a reply.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::{Finding, Pattern, Texts};

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
pub(super) fn fold(text: &str) -> String {
    let (nfc, nfd) = (ComposingNormalizerBorrowed::new_nfc(), DecomposingNormalizerBorrowed::new_nfd());
    let plain = exact(text);
    let folded = CaseMapper::new().fold_string(&nfd.normalize(&plain)).into_owned();
    nfc.normalize(&folded).into_owned()
}

/// How one text is looked for in another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    fold: fn(&str) -> String,
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
    fn count(self, said: &str, wanted: &str) -> usize {
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

fn listed(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

fn all_of(texts: &Texts) -> String {
    listed(&texts.iter().map(|text| &**text).collect::<Vec<_>>())
}

pub(super) fn equals(said: &str, value: &str, fold: fn(&str) -> String) -> Finding {
    let bare = |text: &str| fold(text).trim().to_owned();
    Finding::of(bare(said) == bare(value), format!("`{value}` and nothing else"), excerpt(said))
}

pub(super) fn starts_with(said: &str, value: &str) -> Finding {
    let (said_plain, value_plain) = (exact(said), exact(value));
    let holds = said_plain.trim_start().starts_with(value_plain.trim_start());
    Finding::of(holds, format!("starts with `{value}`"), excerpt(said))
}

pub(super) fn contains(said: &str, value: &str, min: Option<usize>, how: Match) -> Finding {
    let (found, wanted) = (how.count(&(how.fold)(said), value), min.unwrap_or(1));
    let times = if wanted == 1 { String::new() } else { format!(" at least {wanted} times") };
    let score = (found as f64 / wanted as f64).min(1.0);
    Finding::scored(score, format!("contains `{value}`{times}"), format!("found {found} times"))
}

pub(super) fn contains_all(said: &str, values: &Texts, how: Match) -> Finding {
    let folded = (how.fold)(said);
    let missing: Vec<&str> =
        values.iter().map(|value| &**value).filter(|value| how.count(&folded, value) == 0).collect();
    let actual = if missing.is_empty() { "all found".into() } else { format!("without {}", listed(&missing)) };
    let score = (values.len() - missing.len()) as f64 / values.len() as f64;
    Finding::scored(score, format!("contains all of {}", all_of(values)), actual)
}

pub(super) fn contains_any(said: &str, values: &Texts, how: Match) -> Finding {
    let folded = (how.fold)(said);
    let found: Vec<&str> = values.iter().map(|value| &**value).filter(|value| how.count(&folded, value) > 0).collect();
    let actual = if found.is_empty() { "none found".into() } else { format!("found {}", listed(&found)) };
    Finding::of(!found.is_empty(), format!("contains one of {}", all_of(values)), actual)
}

pub(super) fn matches(said: &str, pattern: &Pattern) -> Finding {
    let found = pattern.find(said);
    let actual = found.map_or_else(|| "no match".into(), |found| format!("found {}", excerpt(found.as_str())));
    Finding::of(found.is_some(), format!("matches `{}`", pattern.as_str()), actual)
}

/// The text in lower case without white space, quotation marks and punctuation at its ends.
fn bare(text: &str) -> String {
    fold(text).trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

pub(super) fn one_of(said: &str, values: &Texts) -> Finding {
    let said_bare = bare(said);
    let holds = values.iter().any(|value| {
        let value_bare = bare(value);
        if value_bare.is_empty() { exact(said).trim() == exact(value).trim() } else { said_bare == value_bare }
    });
    Finding::of(holds, format!("one of {}", all_of(values)), excerpt(said))
}

/// Each text is looked for after the one before it.
pub(super) fn in_order(said: &str, values: &Texts) -> Finding {
    let folded = fold(said);
    let (mut rest, mut missed) = (folded.as_str(), Vec::new());
    for value in values.iter() {
        let wanted = fold(value);
        match rest.find(&wanted) {
            Some(at) => rest = &rest[at + wanted.len()..],
            None => missed.push(&**value),
        }
    }
    let actual =
        if missed.is_empty() { "in this order".into() } else { format!("not in its place: {}", listed(&missed)) };
    let score = (values.len() - missed.len()) as f64 / values.len() as f64;
    Finding::scored(score, format!("{} in this order", all_of(values)), actual)
}
