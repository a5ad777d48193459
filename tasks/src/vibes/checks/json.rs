//! Whether a reply is JSON, or holds some.

use serde_json::Value;

use super::Finding;
use super::text_match::excerpt;

/// So many places where JSON may start are tried.
const TRIES: usize = 1000;

fn missing<'k>(value: &Value, keys: Option<&'k [String]>) -> Vec<&'k str> {
    let keys = keys.unwrap_or_default().iter().map(String::as_str);
    keys.filter(|key| value.get(key).is_none()).collect()
}

fn expected(what: &str, keys: Option<&[String]>) -> String {
    match keys {
        Some(keys) if !keys.is_empty() => format!("{what} with the keys `{}`", keys.join("`, `")),
        _ => what.to_owned(),
    }
}

fn judged(value: &Value, what: &str, keys: Option<&[String]>) -> Finding {
    let missing = missing(value, keys);
    let wanted = keys.map_or(0, <[String]>::len) as f64;
    let actual = if missing.is_empty() { "it is".into() } else { format!("without `{}`", missing.join("`, `")) };
    Finding::scored(1.0 - missing.len() as f64 / (wanted + 1.0), expected(what, keys), actual)
}

pub(super) fn is_json(said: &str, keys: Option<&[String]>) -> Finding {
    match serde_json::from_str::<Value>(said.trim()) {
        Ok(value) => judged(&value, "JSON and nothing else", keys),
        Err(error) => {
            Finding::of(false, expected("JSON and nothing else", keys), format!("{error}, in {}", excerpt(said)))
        }
    }
}

pub(super) fn contains_json(said: &str, keys: Option<&[String]>) -> Finding {
    let starts = said.match_indices(['{', '[']).take(TRIES);
    let values = starts.filter_map(|(at, _)| serde_json::Deserializer::from_str(&said[at..]).into_iter().next()?.ok());
    let best = values.min_by_key(|value: &Value| missing(value, keys).len());
    match best {
        Some(value) => judged(&value, "JSON somewhere", keys),
        None => Finding::of(false, expected("JSON somewhere", keys), "none".into()),
    }
}
