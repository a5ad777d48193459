//! A key of a mapping that is read one value deep.

use std::collections::HashSet;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::super::{QUOTES, told};

/// A key, which must not be among those that the map has already. The error then bears the place of the key.
pub(super) struct Key<'k>(pub(super) &'k HashSet<String>);

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
