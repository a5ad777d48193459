//! What a reply is held against. A new check is a variant of [`Check`], its arm in `Check::measure`, and a function.

mod alphabet;
mod assertion;
mod dry;
mod finding;
mod json;
mod language;
mod number;
mod number_digits;
mod number_pieces;
mod number_reader;
mod number_text;
mod number_words;
mod pattern;
mod repetition;
mod script;
mod shape;
mod similar;
mod text;
mod text_match;
mod unicode_digits;
mod values;

pub use assertion::{Assertion, Verdict};
pub use number::Pick;
pub(crate) use number_words::spell;
pub use pattern::Pattern;
pub use script::Script;
pub(super) use text_match::fold;
pub use values::{Texts, Value};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::finding::Finding;
use super::stop::Stop;

/// What a check looks at: a reply, or the replies of a whole conversation one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// What the model wrote, without the stop string.
    pub text: &'a str,
    /// Why it ended.
    pub stop: Stop,
}

/// One check of a prompt pack. In YAML: `- { type: contains, value: arrr, min: 2 }`.
///
/// `weight`, `threshold` and the prefix `not-` belong to every check ([`Assertion`]) and are not fields here.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "a variant's line explains its fields")]
pub enum Check {
    /// The reply, trimmed, is `value` and nothing else.
    Equals { value: Value },
    /// Like `equals`, upper and lower case alike.
    Iequals { value: Value },
    /// `value` occurs at least `min` times (once, unless given); with `words`, only as whole words.
    Contains { value: Value, min: Option<usize>, words: Option<bool> },
    /// Like `contains`, upper and lower case alike.
    Icontains { value: Value, min: Option<usize>, words: Option<bool> },
    /// Every text of `value` occurs; the score is the share that does.
    ContainsAll { value: Texts, words: Option<bool> },
    /// One text of `value` occurs.
    ContainsAny { value: Texts, words: Option<bool> },
    /// Like `contains-all`, upper and lower case alike.
    IcontainsAll { value: Texts, words: Option<bool> },
    /// Like `contains-any`, upper and lower case alike.
    IcontainsAny { value: Texts, words: Option<bool> },
    /// The reply, trimmed, starts with `value`.
    StartsWith { value: Value },
    /// The pattern matches somewhere; without look-around and back-references, so that time is linear in the reply.
    Regex { value: Pattern },
    /// The number of words is `value`, or between `min` and `max`.
    WordCount { value: Option<usize>, min: Option<usize>, max: Option<usize> },
    /// The number of lines that are not blank is `value`, or between `min` and `max`.
    LineCount { value: Option<usize>, min: Option<usize>, max: Option<usize> },
    /// The number of list items (`-`, `*`, `•`, `1.`) is `value`, or between `min` and `max`.
    BulletCount { value: Option<usize>, min: Option<usize>, max: Option<usize> },
    /// The `last` number (or the `first`, or `any`: `pick`) is `value`; reads `12`, `1,200`, `-0.5`, `1e3`, `3/4` and `minus twelve`.
    Number {
        #[serde(deserialize_with = "number::read")]
        #[schemars(schema_with = "number::schema")]
        value: f64,
        pick: Option<Pick>,
        tolerance: Option<f64>,
    },
    /// The reply, case and outer punctuation aside, is one of `value`.
    OneOf { value: Texts },
    /// The texts of `value` occur one after the other; the score is the share that is in its place.
    InOrder { value: Texts },
    /// The reply is one letter of `of` (A to Z unless given), and it is `value` where that is given.
    SingleLetter { value: Option<Value>, of: Option<Value> },
    /// At most `threshold` (0.2) of the runs of `n` (3) words are repeats of an earlier one.
    NoRepetition { n: Option<usize> },
    /// No drier than the limits given: of compression, MATTR, distinct-n, repeated runs of 5 words, and stock phrases, `phrases` or the shipped list.
    Dryness(dry::Limits),
    /// Of the languages known (en de fr es it pt nl, and those told by their script), `value` fits best.
    Language { value: language::Language },
    /// At least `threshold` (0.9) of the letters belong to the Unicode script `value` (Latin, Cyrillic, Han …).
    Script { value: Script },
    /// The model stopped by itself or at a stop string, not at the limit.
    EndsProperly {},
    /// Similar to `value` to at least `threshold` (0.8): one less the edit distance per character of the longer text.
    Similar { value: Value },
    /// At most `threshold` (5) characters have to be changed to make `value` of it.
    Levenshtein { value: Value },
    /// The whole reply is JSON, with these `keys` where given.
    IsJson { keys: Option<Vec<String>> },
    /// Somewhere in the reply is a JSON object or list, with these `keys` where given.
    ContainsJson { keys: Option<Vec<String>> },
}

/// How what is measured is compared with the threshold; holds the check's own threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bar {
    /// A share in [0, 1] that must not be less.
    AtLeast(f64),
    /// A share in [0, 1] that must not be more.
    AtMost(f64),
    /// A count that must not be more.
    CountAtMost(f64),
}

impl Check {
    /// The check's own threshold.
    pub(crate) fn bar(&self) -> Bar {
        match self {
            Self::NoRepetition { .. } => Bar::AtMost(0.2),
            Self::Levenshtein { .. } => Bar::CountAtMost(5.0),
            Self::Script { .. } => Bar::AtLeast(0.9),
            Self::Similar { .. } => Bar::AtLeast(0.8),
            _ => Bar::AtLeast(1.0),
        }
    }

    /// What the fields, each fine by itself, lack together.
    pub(crate) fn flaw(&self) -> Option<String> {
        match self {
            Self::WordCount { value, min, max }
            | Self::LineCount { value, min, max }
            | Self::BulletCount { value, min, max } => shape::flaw(*value, *min, *max),
            Self::Dryness(limits) => limits.flaw(),
            Self::NoRepetition { n: Some(0) } => Some("`n` is 0; a run has at least one word".into()),
            Self::Contains { min: Some(0), .. } | Self::Icontains { min: Some(0), .. } => {
                Some("`min` is 0, which every reply passes".into())
            }
            Self::Number { value, tolerance, .. }
                if !value.is_finite() || tolerance.is_some_and(|tolerance| tolerance.is_nan() || tolerance < 0.0) =>
            {
                Some("`value` and `tolerance` are finite numbers, `tolerance` at least 0".into())
            }
            _ => None,
        }
    }

    /// Whether its verdicts depend on the shipped list of stock phrases.
    pub(super) fn reads_shipped_phrases(&self) -> bool {
        matches!(self, Self::Dryness(limits) if limits.reads_shipped())
    }

    /// Holds the reply against this check.
    pub(crate) fn measure(&self, reply: Reply) -> Finding {
        let said = reply.text;
        match self {
            Self::Equals { value } => text::equals(said, value, text_match::exact),
            Self::Iequals { value } => text::equals(said, value, text_match::fold),
            Self::Contains { value, min, words } => text::contains(said, value, *min, text_match::Match::exact(*words)),
            Self::Icontains { value, min, words } => {
                text::contains(said, value, *min, text_match::Match::folded(*words))
            }
            Self::ContainsAll { value, words } => text::contains_all(said, value, text_match::Match::exact(*words)),
            Self::ContainsAny { value, words } => text::contains_any(said, value, text_match::Match::exact(*words)),
            Self::IcontainsAll { value, words } => text::contains_all(said, value, text_match::Match::folded(*words)),
            Self::IcontainsAny { value, words } => text::contains_any(said, value, text_match::Match::folded(*words)),
            Self::StartsWith { value } => text::starts_with(said, value),
            Self::Regex { value } => text::matches(said, value),
            Self::WordCount { value, min, max } => shape::counted("words", shape::words(said), *value, *min, *max),
            Self::LineCount { value, min, max } => shape::counted("lines", shape::lines(said), *value, *min, *max),
            Self::BulletCount { value, min, max } => {
                shape::counted("list items", shape::bullets(said), *value, *min, *max)
            }
            Self::Number { value, pick, tolerance } => {
                number::equals(said, *value, pick.unwrap_or_default(), *tolerance)
            }
            Self::OneOf { value } => text::one_of(said, value),
            Self::InOrder { value } => text::in_order(said, value),
            Self::SingleLetter { value, of } => shape::single_letter(said, value.as_deref(), of.as_deref()),
            Self::NoRepetition { n } => repetition::repeated(said, n.unwrap_or(3)),
            Self::Dryness(limits) => limits.judge(said),
            Self::Language { value } => language::is(said, *value),
            Self::Script { value } => alphabet::script(said, value),
            Self::EndsProperly {} => shape::ends_properly(reply.stop),
            Self::Similar { value } => similar::similar(said, value),
            Self::Levenshtein { value } => similar::levenshtein(said, value),
            Self::IsJson { keys } => json::is_json(said, keys.as_deref()),
            Self::ContainsJson { keys } => json::contains_json(said, keys.as_deref()),
        }
    }
}

/// Name and purpose of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckInfo {
    /// The `type` in YAML; `not-` before it turns it round.
    pub name: String,
    /// One line.
    pub about: String,
}

/// All checks, in the order of [`Check`]'s variants; their lines are the variants' docs.
pub fn list() -> Vec<CheckInfo> {
    let schema = schemars::schema_for!(Check).to_value();
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().replace('\n', " ");
    variants
        .map(|variant| CheckInfo {
            name: text(&variant["properties"]["type"]["const"]),
            about: text(&variant["description"]),
        })
        .collect()
}

#[cfg(test)]
mod tests;
