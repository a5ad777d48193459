//! Counts as people write them: `4194304` or `4_194_304`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A count: a whole number from 0, with `_` between its digits where that makes it readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count such as 4194304 or 4_194_304")
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Count, E> {
                Ok(Count(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Count, E> {
                u64::try_from(value).map(Count).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Count, E> {
                let wrong = || E::invalid_value(Unexpected::Str(value), &self);
                if !value.starts_with(|c: char| c.is_ascii_digit()) {
                    return Err(wrong());
                }
                value.replace('_', "").parse().map(Count).map_err(|_| wrong())
            }
        }
        deserializer.deserialize_any(Digits)
    }
}

/// `#[serde(deserialize_with)]` for an optional count of what fits into memory.
///
/// # Errors
/// The value is not a count.
pub fn optional<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<Option<N>, D::Error> {
    let count = Option::<Count>::deserialize(deserializer)?;
    count.map(|Count(count)| narrowed(count)).transpose()
}

/// `#[serde(deserialize_with)]` for a count.
///
/// # Errors
/// The value is not a count.
pub fn required<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<N, D::Error> {
    narrowed(Count::deserialize(deserializer)?.0)
}

fn narrowed<N: TryFrom<u64>, E: Error>(count: u64) -> Result<N, E> {
    N::try_from(count).map_err(|_| E::custom(format!("{count} is far too large")))
}
