//! Scalars that are checked while their place in the text is known.
//!
//! `#[serde(try_from)]` and checks after the fact lose it: the parser then points at the table that holds the key, or at the file's first line.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

use super::told;

/// Reads a scalar by its text, quoted or not; what `read` refuses is told at the scalar's own place, with `expecting` as the mend.
///
/// # Errors
/// The value is empty, no scalar, or refused.
pub fn scalar<'de, D, T, R>(deserializer: D, expecting: &'static str, read: R) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    R: FnOnce(&str) -> Result<T, String>,
{
    deserializer.deserialize_any(Text { expecting, read })
}

/// Takes every scalar for its text.
struct Text<R> {
    expecting: &'static str,
    read: R,
}

impl<T, R: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<R> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        let mend = format!("write {}, or leave the key out", self.expecting);
        (self.read)(text).map_err(|problem| told(&problem, &mend))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Err(told("the value is empty", &format!("write {}, or leave the key out", self.expecting)))
    }
}
