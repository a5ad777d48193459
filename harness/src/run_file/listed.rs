//! Checkpoints that no pattern places: listed one by one, or numbered.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, de};
use spyglass_tasks::yaml::count;

use crate::Result;
use crate::checkpoint::Label;
use crate::training::Amount;
use crate::values::count_schema;

/// A checkpoint as the run file lists it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderSpec {
    /// Its folder, as seen from the branch's `path`.
    #[serde(default)]
    pub path: PathBuf,
    /// In place of `path`: where it lies on the hub, such as `marin-community/marin-8b-base@kestrel`.
    pub hub: Option<String>,
    /// Its step.
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "count_schema")]
    pub step: Option<u64>,
    /// Tokens seen, as a count or as its maker prints them: `105B`.
    #[serde(default)]
    #[schemars(schema_with = "label_schema")]
    pub(crate) tokens: Option<Label>,
}

/// What the numbers stand for that checkpoints are named by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum IndexSpec {
    /// So much training from one to the next.
    Every {
        /// From one checkpoint to the next.
        every: Amount,
        /// At index 0; nothing when absent.
        first: Option<Amount>,
    },
    /// How far each is, from index 0 on.
    List(Vec<Amount>),
}

/// The map form of [`IndexSpec`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EveryMap {
    every: Amount,
    first: Option<Amount>,
}

impl IndexSpec {
    /// How far the checkpoint of this index is.
    ///
    /// # Errors
    /// The list ends before it, or the amount is too large; both as the end of a sentence.
    pub(crate) fn at(&self, index: u64) -> Result<Amount, String> {
        match self {
            Self::List(list) => {
                let found = usize::try_from(index).ok().and_then(|index| list.get(index));
                found
                    .copied()
                    .ok_or_else(|| format!("the list `index:` ends at index {}", list.len().saturating_sub(1)))
            }
            Self::Every { every, first } => {
                let first = first.map_or(0, Amount::count);
                let sum = every.count().checked_mul(index).and_then(|more| more.checked_add(first));
                let sum = sum.ok_or_else(|| "`index:` makes more of it than can be counted".to_owned())?;
                Ok(match every {
                    Amount::Steps(_) => Amount::Steps(sum),
                    Amount::Tokens(_) => Amount::Tokens(sum),
                })
            }
        }
    }

    /// What is wrong with it, with the mend.
    pub(crate) fn flaw(&self) -> Option<(String, String)> {
        let is_tokens = |amount: &Amount| matches!(amount, Amount::Tokens(_));
        match self {
            Self::List(list) if list.is_empty() => {
                Some(("is empty".into(), "list how far each checkpoint is, from index 0 on".into()))
            }
            Self::List(list) if list.windows(2).any(|pair| pair[0].count() >= pair[1].count()) => {
                Some(("does not ascend".into(), "each checkpoint is further than the one before".into()))
            }
            Self::List(list) if list.iter().any(is_tokens) && !list.iter().all(is_tokens) => {
                Some(("has steps and tokens".into(), "tell all of them in one of the two".into()))
            }
            Self::Every { every, .. } if every.count() == 0 => {
                Some(("has `every: 0`".into(), "such as {every: 3.5B tokens}".into()))
            }
            Self::Every { every, first: Some(first) } if first.count() > 0 && is_tokens(every) != is_tokens(first) => {
                Some(("has steps and tokens".into(), "tell `every` and `first` in one of the two".into()))
            }
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for IndexSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrList;
        impl<'de> Visitor<'de> for MapOrList {
            type Value = IndexSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{every: 3.5B tokens, first: 0}, or a list of steps or tokens from index 0 on")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<IndexSpec, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(IndexSpec::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<IndexSpec, A::Error> {
                let EveryMap { every, first } = Deserialize::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(IndexSpec::Every { every, first })
            }
        }
        deserializer.deserialize_any(MapOrList)
    }
}

impl JsonSchema for IndexSpec {
    fn schema_name() -> Cow<'static, str> {
        "IndexSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (map, list) = (generator.subschema_for::<EveryMap>(), generator.subschema_for::<Vec<Amount>>());
        json_schema!({"anyOf": [map, list]})
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrPrinted;
        impl Visitor<'_> for CountOrPrinted {
            type Value = Label;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tokens seen, such as 105_000_000_000 or 105B")
            }
            fn visit_u64<E: de::Error>(self, tokens: u64) -> Result<Label, E> {
                Ok(Label { tokens, unit: 1 })
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Label, E> {
                let digits = text.starts_with(|c: char| c.is_ascii_digit()).then(|| text.replace('_', ""));
                let read = digits.and_then(|digits| Label::printed(&digits));
                read.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(CountOrPrinted)
    }
}

fn label_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": "^[0-9][0-9_]*(\\.[0-9]+)?([kKmMbBGtT]|[bB][tT])?$"},
    ]})
}
#[cfg(test)]
mod tests;
