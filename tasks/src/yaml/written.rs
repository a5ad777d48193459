//! How scalars are written in a document that was read already: `1.50` is a number that prints as 1.5.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::place::Step;

/// The value `read` at `path` with the source's text in the place of every scalar; `None` where the path leads nowhere.
///
/// Follows merge keys, too.
pub(crate) fn written(text: &str, path: &[Step], read: &Value) -> Option<Value> {
    Find { path, read }.deserialize(serde_yaml::Deserializer::from_str(text)).ok().flatten()
}

/// Follows the path, then takes every scalar for a text.
#[derive(Clone, Copy)]
struct Find<'p> {
    path: &'p [Step<'p>],
    read: &'p Value,
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = Option<Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.path.is_empty() && !self.read.is_array() && !self.read.is_object() {
            return deserializer.deserialize_str(self);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<Value>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what was read before")
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then(|| text.into()))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        match (self.path, self.read) {
            ([Step::Item(wanted), path @ ..], read) => {
                for _ in 0..*wanted {
                    items.next_element::<IgnoredAny>()?;
                }
                found = items.next_element_seed(Find { path, read })?.flatten();
            }
            ([], Value::Array(read)) => {
                let mut texts = Vec::new();
                for read in read {
                    texts.push(items.next_element_seed(Find { path: &[], read })?.flatten().unwrap_or_default());
                }
                found = Some(texts.into());
            }
            // Several maps behind a merge key; the first that has the key counts.
            _ => {
                while let Some(merged) = items.next_element_seed(self)? {
                    found = over(found, merged);
                }
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let (mut own, mut merged, mut texts) = (None, None, Map::new());
        while let Some(key) = entries.next_key::<String>()? {
            match (self.path, self.read) {
                _ if key == "<<" => merged = entries.next_value_seed(self)?,
                ([Step::Key(wanted), path @ ..], read) if key == *wanted => {
                    own = entries.next_value_seed(Find { path, read })?;
                }
                ([], Value::Object(read)) if read.contains_key(&key) => {
                    let text = entries.next_value_seed(Find { path: &[], read: &read[&key] })?;
                    texts.insert(key, text.unwrap_or_default());
                }
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.path.is_empty() {
            own = Some(texts.into());
        }
        Ok(over(own, merged))
    }
}

/// What the nearer map gives, and the keys that only the farther one has.
fn over(near: Option<Value>, far: Option<Value>) -> Option<Value> {
    match (near, far) {
        (Some(Value::Object(mut near)), Some(Value::Object(far))) => {
            for (key, value) in far {
                near.entry(key).or_insert(value);
            }
            Some(near.into())
        }
        (near, far) => near.or(far),
    }
}
