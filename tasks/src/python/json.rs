//! Python's `json.loads`, as far as it takes more than JSON.

use serde::de::DeserializeOwned;

/// What JSON has no number for: the bare words that Python writes.
const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Reads JSON as Python writes and reads it: a byte order mark is passed over, and the bare words `NaN`, `Infinity` and `-Infinity` stand
/// for the texts `nan`, `inf` and `-inf`, which Python prints for them and `str::parse::<f64>` reads.
///
/// # Errors
/// The text is not JSON even so.
pub fn from_json<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    read(text, ["\"-inf\"", "\"inf\"", "\"nan\""])
}

/// [`from_json`] where a text must not be made up: what is not a number is `null`, no value.
///
/// # Errors
/// The text is not JSON even so.
pub fn from_json_or_null<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    read(text, ["null"; 3])
}

fn read<T: DeserializeOwned>(text: &str, meant: [&str; 3]) -> serde_json::Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|error| {
        if WORDS.iter().any(|word| text.contains(word)) {
            serde_json::from_str(&strict(text, meant))
        } else {
            Err(error)
        }
    })
}

/// The text with what is `meant` in place of the bare words; what stands inside quotes stays.
fn strict(text: &str, meant: [&str; 3]) -> String {
    let words =
        |text: &str| WORDS.iter().zip(meant).fold(text.to_owned(), |text, (word, meant)| text.replace(word, meant));
    let mut strict = String::with_capacity(text.len() + 16);
    let mut inside = false;
    for piece in text.split_inclusive('"') {
        let Some(body) = piece.strip_suffix('"') else {
            strict += &if inside { piece.to_owned() } else { words(piece) };
            break;
        };
        if inside {
            strict += piece;
            // An escaped quote ends nothing; two backslashes are one that is escaped itself.
            inside = body.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1;
        } else {
            strict += &words(piece);
            inside = true;
        }
    }
    strict
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_python_writes_is_read() {
        let cases = [
            ("{\"a\": NaN, \"b\": [0.0, Infinity, -Infinity]}", json!({"a": "nan", "b": [0.0, "inf", "-inf"]})),
            ("\u{feff}{\"a\": 1}", json!({"a": 1})),
            (
                r#"{"NaN": "NaN", "b\"": "Infinity \" NaN", "c\\": NaN}"#,
                json!({"NaN": "NaN", "b\"": "Infinity \" NaN", "c\\": "nan"}),
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(from_json::<Value>(text).unwrap(), wanted, "{text}");
        }
        assert_eq!(from_json_or_null::<Value>("[NaN, -Infinity, 1, \"NaN\"]").unwrap(), json!([null, null, 1, "NaN"]));
    }

    #[test]
    fn what_is_cut_off_or_no_json_is_refused() {
        for text in ["{\"a\": NaN", "{\"a\": Na", "{\"a\": 1NaN}", "{\"a\": nan}", "NaN, 1", "{\"a\": \"NaN", ""] {
            assert!(from_json::<Value>(text).is_err(), "{text}");
        }
    }
}
