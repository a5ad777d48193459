//! What of the hub's files stays on disk, and how much they may take, as the run file says it.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// Units of bytes, in small letters.
const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("ki", 1 << 10),
    ("mi", 1 << 20),
    ("gi", 1 << 30),
    ("ti", 1 << 40),
];

/// Which of the fetched checkpoints stay in the cache once they are scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeepSpec {
    /// None: a long run needs no more room than two of its checkpoints.
    #[default]
    None,
    /// The last one of each branch.
    Last,
    /// All, as far as `disk:` allows.
    All,
}

/// `#[serde(deserialize_with)]` for bytes: `50G`, `1.5 TB`, `512MiB`, or a plain number.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = u64;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a size such as 50G, 500M or 1.5T")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }
        fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<u64, E> {
            Ok(bytes)
        }
    }
    deserializer.deserialize_any(Bytes).map(Some)
}

/// What an editor may offer for bytes.
pub(super) fn bytes_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9_.]+ ?[kKmMgGtT]?i?[bB]?$"}]})
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit = text[end..].trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').filter(|short| !short.is_empty()).unwrap_or(&unit);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number: f64 = text[..end].parse().ok()?;
    let bytes = number * *factor as f64;
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_are_read_in_the_usual_forms() {
        let cases = [
            ("50G", Some(50_000_000_000)),
            ("50GB", Some(50_000_000_000)),
            ("1.5 TB", Some(1_500_000_000_000)),
            ("512MiB", Some(512 << 20)),
            ("2gi", Some(2 << 30)),
            ("800k", Some(800_000)),
            ("1_000 B", Some(1_000)),
            ("0", None),
            ("-1G", None),
            ("5 boxes", None),
            ("G", None),
            ("1.2.3G", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse(text), bytes, "{text}");
        }
    }
}
