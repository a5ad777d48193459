//! The first look at a document, before any type reads it: what no document of ours may hold, whatever its keys mean.
//!
//! Aliases that multiply ("bombs"), a key twice in one map, a map or list as a key (that is what an unquoted `{{ … }}`
//! is in YAML), tags that nobody would read.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{QUOTES, told};

/// The key whose maps are laid under the map that holds it.
const MERGE: &str = "<<";

/// The tags that a document may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    /// Those of YAML itself.
    None,
    /// `!function` as well.
    Function,
}

/// What is found on the way.
#[derive(Debug)]
pub(super) struct First {
    tags: Tags,
    /// How many values may still come, those that aliases repeat included.
    left: Cell<usize>,
    merges: Cell<bool>,
}

impl First {
    /// Looks at every value of a document and keeps none.
    pub(super) fn look(text: &str, most: usize, tags: Tags) -> (Self, Result<(), serde_yaml::Error>) {
        let first = Self { tags, left: Cell::new(most), merges: Cell::new(false) };
        let result = Values(&first).deserialize(serde_yaml::Deserializer::from_str(text));
        (first, result)
    }

    /// More values than may be.
    pub(super) fn is_full(&self) -> bool {
        self.left.get() == 0
    }

    /// The document has merge keys.
    pub(super) fn merges(&self) -> bool {
        self.merges.get()
    }

    fn count<E: Error>(&self) -> Result<(), E> {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

/// Any value.
#[derive(Clone, Copy)]
struct Values<'f>(&'f First);

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.0.count()
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.0.count()
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.0.count()
    }
    fn visit_i128<E: Error>(self, _: i128) -> Result<(), E> {
        self.0.count()
    }
    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        self.0.count()
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.0.count()
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        // A long text counts for its length: repeated a million times it fills memory too.
        for _ in 0..text.len() / 1024 {
            self.0.count()?;
        }
        self.0.count()
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.count()
    }
    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.0.count()
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        self.0.count()
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut known = HashSet::new();
        while let Some(key) = entries.next_key_seed(Key(&known))? {
            if key == MERGE {
                self.0.merges.set(true);
            }
            known.insert(key);
            self.0.count()?;
            entries.next_value_seed(self)?;
        }
        self.0.count()
    }
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (tag, content): (String, _) = tagged.variant()?;
        let tag = tag.trim_start_matches('!');
        if tag != "function" || self.0.tags == Tags::None {
            let problem = format!("the tag `!{tag}` is not known here");
            return Err(told(&problem, "remove it; a text that begins with `!` wants quotes"));
        }
        content.newtype_variant_seed(self)
    }
}

/// A key, which must not be among those that the map has already. The error then bears the place of the key.
struct Key<'k>(&'k HashSet<String>);

impl Key<'_> {
    fn new_one<E: Error>(&self, key: String) -> Result<String, E> {
        if self.0.contains(&key) {
            return Err(told(
                &format!("the key `{key}` occurs twice"),
                "one map holds a key once: remove one of the two",
            ));
        }
        Ok(key)
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_bool<E: Error>(self, key: bool) -> Result<String, E> {
        self.new_one(key.to_string())
    }
    fn visit_i64<E: Error>(self, key: i64) -> Result<String, E> {
        self.new_one(key.to_string())
    }
    fn visit_u64<E: Error>(self, key: u64) -> Result<String, E> {
        self.new_one(key.to_string())
    }
    fn visit_i128<E: Error>(self, key: i128) -> Result<String, E> {
        self.new_one(key.to_string())
    }
    fn visit_u128<E: Error>(self, key: u128) -> Result<String, E> {
        self.new_one(key.to_string())
    }
    fn visit_f64<E: Error>(self, key: f64) -> Result<String, E> {
        self.new_one(key.to_string())
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        self.new_one(key.to_owned())
    }
    fn visit_unit<E: Error>(self) -> Result<String, E> {
        self.new_one("null".into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        Err(told("a list stands where a key should", QUOTES))
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        Err(told("`{{ … }}` without quotes is a map in YAML, not a text", QUOTES))
    }
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<String, A::Error> {
        let (tag, content): (String, _) = tagged.variant()?;
        content.newtype_variant::<IgnoredAny>()?;
        Err(told(&format!("the tag `!{}` is not known here", tag.trim_start_matches('!')), "remove it"))
    }
}
