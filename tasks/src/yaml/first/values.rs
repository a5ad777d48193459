//! Values that are only looked at.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::super::told;
use super::key::Key;
use super::{First, Tags};

/// The key whose maps are laid under the map that holds it.
const MERGE: &str = "<<";

/// Any value.
#[derive(Clone, Copy)]
pub(super) struct Values<'f>(pub(super) &'f First);

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
