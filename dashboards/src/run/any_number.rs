//! A number that may be NaN or infinite, kept in JSON, which has no such numbers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// For `#[serde(with)]`: finite numbers as they are, the others as the texts `NaN`, `inf` and `-inf`, nothing as `null`.
#[expect(clippy::ref_option, reason = "serde hands the field over so")]
pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) if !value.is_finite() => value.to_string().serialize(serializer),
        other => other.serialize(serializer),
    }
}

/// What [`serialize`] wrote.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a number, or one of the texts NaN, inf and -inf")]
    enum Written {
        Number(f64),
        Text(String),
    }
    Ok(match Option::<Written>::deserialize(deserializer)? {
        Some(Written::Number(number)) => Some(number),
        Some(Written::Text(text)) => Some(text.parse().map_err(serde::de::Error::custom)?),
        None => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::run::LogEntry;

    #[test]
    fn a_loss_that_was_no_number_comes_back() {
        for loss in [None, Some(2.5), Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY)] {
            let entry = LogEntry { step: 1, tokens: None, learning_rate: None, loss, ..LogEntry::default() };
            let text = serde_json::to_string(&entry).unwrap();
            let back: LogEntry = serde_json::from_str(&text).unwrap();
            assert_eq!(back.loss.map(f64::to_bits), loss.map(f64::to_bits), "{text}");
        }
        let older: LogEntry = serde_json::from_str(r#"{"step": 1, "tokens": 2, "learning_rate": null}"#).unwrap();
        assert_eq!(older.loss, None);
    }
}
