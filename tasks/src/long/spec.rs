//! The key `long` of a task file: what is hidden, in texts of which lengths.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::yaml::{count::Count, told};

/// Where a single needle lies unless a file says so, in percent of the text.
const DEPTHS: [f64; 5] = [0.0, 25.0, 50.0, 75.0, 100.0];

/// What is hidden in a long text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Sentences that give the code of a locker: of one, of several (asked for one by one or together), several codes of each.
    Needle,
    /// Variables, each of which takes its value from the one before it.
    Variables,
    /// Ten words that occur far more often than all others.
    Common,
    /// Made-up words whose frequencies fall as in Zipf's law, of which the three most frequent are asked for.
    Frequent,
    /// Who went where, and what was carried there.
    Facts,
}

/// Something hidden in texts of several lengths; each length is a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LongSpec {
    /// What is hidden.
    pub(crate) kind: Kind,
    /// Tokens of prompt and reply together, by the checkpoint's own tokenizer; ascending, each a task of its own.
    #[serde(deserialize_with = "lengths")]
    pub(crate) lengths: Vec<usize>,
    /// Where a single needle lies, in percent of the text; several needles lie evenly between its beginning and its end.
    #[serde(default, deserialize_with = "depths", skip_serializing_if = "Option::is_none")]
    pub(crate) depths: Option<Vec<f64>>,
    /// Texts of each length.
    #[serde(default = "twenty", deserialize_with = "texts")]
    pub(crate) texts: usize,
    /// Lockers whose codes lie in one text; each is asked for.
    #[serde(default = "one", deserialize_with = "keys")]
    pub(crate) keys: usize,
    /// Lockers whose codes one question asks for, of those in the text; none is asked for twice.
    #[serde(default = "one", deserialize_with = "queries")]
    pub(crate) queries: usize,
    /// Codes of each locker.
    #[serde(default = "one", deserialize_with = "values")]
    pub(crate) values: usize,
    /// Facts that an answer rests on: 1 (who went where), 2 (and what they carried).
    #[serde(default = "one", deserialize_with = "hops")]
    pub(crate) hops: usize,
    /// A text file that is the filler, relative to the task file; it is read again from its start where it is too short. Sentences of our own
    /// unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filler: Option<String>,
}

fn one() -> usize {
    1
}

fn twenty() -> usize {
    20
}

impl LongSpec {
    /// Where a single needle lies, as fractions of the text.
    pub(super) fn depths(&self) -> Vec<f64> {
        self.depths.as_deref().unwrap_or(&DEPTHS).iter().map(|percent| percent / 100.0).collect()
    }

    /// What does not go together, with its mend.
    pub(crate) fn flaw(&self) -> Option<(String, &'static str)> {
        let needle = self.kind == Kind::Needle;
        if !needle && (self.keys > 1 || self.values > 1 || self.queries > 1) {
            return Some((
                "`long.keys`, `long.queries` and `long.values` are for needles".into(),
                "leave them out, or say `kind: needle`",
            ));
        }
        if self.queries > self.keys {
            return Some((
                format!("`long.queries` is {}, and `long.keys` only {}", self.queries, self.keys),
                "hide as many lockers as one question asks for, or more: raise `long.keys`",
            ));
        }
        if self.depths.is_some() && !(needle && self.keys * self.values == 1) {
            let mend = "leave it out: several needles lie evenly, the rest anywhere";
            return Some(("`long.depths` is for a single needle".into(), mend));
        }
        if self.hops > 1 && self.kind != Kind::Facts {
            return Some(("`long.hops` is for facts".into(), "leave it out, or say `kind: facts`"));
        }
        if self.filler.is_some() && matches!(self.kind, Kind::Common | Kind::Frequent) {
            return Some((
                "`long.filler` is for what is hidden among sentences".into(),
                "leave it out: these texts are words alone",
            ));
        }
        None
    }
}

fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    let counts = Vec::<Count>::deserialize(deserializer)?;
    Ok(counts.into_iter().map(|Count(count)| usize::try_from(count).unwrap_or(usize::MAX)).collect())
}

fn lengths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    let lengths = counts(deserializer)?;
    if lengths.is_empty() {
        return Err(told("`lengths` is empty", "name at least one, in tokens: `lengths: [1024, 2048]`"));
    }
    if let Some(long) = lengths.iter().find(|length| **length > 1 << 24) {
        return Err(told(
            &format!("a length of {long} tokens is too long to be true"),
            "lengths are in tokens, as in 32768",
        ));
    }
    match lengths.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(told(
            &format!("`lengths` are not ascending: {} comes after {}", pair[1], pair[0]),
            "write each once, from the shortest to the longest",
        )),
        None => Ok(lengths),
    }
}

fn depths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f64>>, D::Error> {
    let depths = Vec::<f64>::deserialize(deserializer)?;
    if depths.is_empty() {
        return Err(told("`depths` is empty", "name at least one, in percent, or leave the key out"));
    }
    if let Some(depth) = depths.iter().find(|depth| !(0.0..=100.0).contains(*depth)) {
        return Err(told(&format!("a depth of {depth} is not between 0 and 100"), "depths are in percent of the text"));
    }
    match depths.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(told(
            &format!("`depths` are not ascending: {} comes after {}", pair[1], pair[0]),
            "write each once, from the beginning of the text to its end",
        )),
        None => Ok(Some(depths)),
    }
}

/// The count under `key`, from 1 to `most`.
fn between<'de, D: Deserializer<'de>>(deserializer: D, key: &str, most: u64) -> Result<usize, D::Error> {
    let Count(count) = Count::deserialize(deserializer)?;
    if (1..=most).contains(&count) {
        return Ok(count as usize);
    }
    Err(told(
        &format!("`{key}` is {count}, and nothing can be asked of such a text"),
        &format!("a number from 1 to {most}"),
    ))
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    between(deserializer, "texts", 10_000)
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    between(deserializer, "keys", 100)
}

fn queries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    between(deserializer, "queries", 100)
}

fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    between(deserializer, "values", 100)
}

fn hops<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    between(deserializer, "hops", 2)
}
