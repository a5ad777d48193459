//! Values that a person may write in more than one way: counts with underscores, a name or a map, one or many.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use spyglass_tasks::yaml::count::Count;

/// `#[serde(deserialize_with)]` for a map of step to tokens; `1000` and `1_000` are the same step.
pub(crate) fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u64, u64>, D::Error> {
    struct Counts;
    impl<'de> Visitor<'de> for Counts {
        type Value = BTreeMap<u64, u64>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of steps to tokens, such as {1000: 4_194_304_000}")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut counts = BTreeMap::new();
            while let Some((Count(step), Count(tokens))) = entries.next_entry()? {
                if counts.insert(step, tokens).is_some() {
                    return Err(de::Error::custom(format!("the step {step} occurs twice")));
                }
            }
            Ok(counts)
        }
    }
    deserializer.deserialize_map(Counts)
}

/// `#[serde(deserialize_with)]` for one folder or a list of them.
pub(crate) fn folders<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    struct Folders;
    impl<'de> Visitor<'de> for Folders {
        type Value = Vec<PathBuf>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a folder or a list of folders")
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
            Ok(vec![PathBuf::from(value)])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))
        }
    }
    deserializer.deserialize_any(Folders)
}

/// `#[serde(deserialize_with)]` for a key that may be left out and, where it stands, has a value: an empty one would pass in silence for none.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A type that may be written as a bare word or as a map.
pub(crate) trait WordOrMap: Sized {
    /// The map as written.
    type Map: DeserializeOwned + JsonSchema + Into<Self>;
    /// What a person may write, for the error message.
    const EXPECTING: &'static str;
    /// The value that a bare word stands for.
    fn from_word(word: &str) -> Self;
}

/// Deserializes a bare word or a map. An untagged enum would lose the place and the name of a wrong key.
pub(crate) fn word_or_map<'de, D: Deserializer<'de>, T: WordOrMap>(deserializer: D) -> Result<T, D::Error> {
    struct Either<T>(PhantomData<T>);
    impl<'de, T: WordOrMap> Visitor<'de> for Either<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTING)
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            Ok(T::from_word(value))
        }
        // A name of digits alone is a name as well.
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            Ok(T::from_word(&value.to_string()))
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::Map::deserialize(de::value::MapAccessDeserializer::new(map)).map(Into::into)
        }
    }
    deserializer.deserialize_any(Either(PhantomData))
}

/// What an editor may offer for a [`WordOrMap`].
pub(crate) fn word_or_map_schema<T: WordOrMap>(generator: &mut SchemaGenerator) -> Schema {
    let map = generator.subschema_for::<T::Map>();
    json_schema!({"anyOf": [{"type": "string"}, map]})
}

/// What an editor may offer for a count.
pub(crate) fn count_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9][0-9_]*$"}]})
}

/// What an editor may offer for folders.
pub(crate) fn folders_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}
