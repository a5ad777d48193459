//! JSON as Python has it: what its `json.dumps` writes (the `tojson` of chat templates), and what its `json.loads` reads beyond JSON.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::Serializer;
use serde_json::{Map, Number, Value as Json};

use super::json_style::Style;

/// Levels of nesting that are followed; a namespace can hold itself.
const DEEPEST: usize = 64;

/// The filter `{{ value | tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False) }}`; nothing is escaped for
/// the sake of HTML.
#[expect(clippy::needless_pass_by_value, reason = "filters take their options so")]
pub(crate) fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let wrong = |what: &str| Error::new(ErrorKind::InvalidOperation, format!("tojson: {what}"));
    let indent = match options.get::<Option<Value>>("indent")?.filter(|indent| !indent.is_none()) {
        None => None,
        Some(indent) if indent.kind() == ValueKind::String => Some(indent.to_string()),
        Some(indent) => {
            let width = indent.as_usize().ok_or_else(|| wrong("`indent` is a number of spaces, or a text"))?;
            Some(" ".repeat(width.min(DEEPEST)))
        }
    };
    let separators = match options.get::<Option<Value>>("separators")?.filter(|pair| !pair.is_none()) {
        None => [if indent.is_some() { "," } else { ", " }, ": "].map(str::to_owned),
        Some(pair) => {
            let both: Vec<String> = pair.try_iter()?.map(|text| text.to_string()).collect();
            both.try_into().map_err(|_| wrong("`separators` are two texts"))?
        }
    };
    let flag = |key: &str| options.get::<Option<Value>>(key).map(|value| value.is_some_and(|value| value.is_true()));
    let (ascii, sorted) = (flag("ensure_ascii")?, flag("sort_keys")?);
    options.assert_all_used()?;
    let json = json(value, sorted, DEEPEST)?;
    let [item, key] = separators;
    let mut bytes = Vec::new();
    let style = Style { item, key, indent, ascii, depth: 0, is_empty: true };
    let written = json.serialize(&mut Serializer::with_formatter(&mut bytes, style));
    written.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

fn json(value: &Value, sorted: bool, levels: usize) -> Result<Json, Error> {
    let wrong = |what: &str| Error::new(ErrorKind::BadSerialization, format!("tojson: {what} is not JSON"));
    let below = levels.checked_sub(1).ok_or_else(|| wrong("a value nested so deep"))?;
    Ok(match value.kind() {
        ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => {
            value.as_i64().ok_or_else(|| wrong("a whole number of more than 64 bits"))?.into()
        }
        ValueKind::Number => {
            Json::Number(Number::from_f64(f64::try_from(value.clone())?).ok_or_else(|| wrong("NaN or infinity"))?)
        }
        ValueKind::String => value.to_string().into(),
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter()?.map(|item| json(&item, sorted, below)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let entry = |key: Value| Ok((name(&key), json(&value.get_item(&key)?, sorted, below)?));
            let mut map = value.try_iter()?.map(entry).collect::<Result<Map<_, _>, Error>>()?;
            if sorted {
                map.sort_keys();
            }
            Json::Object(map)
        }
        other => return Err(wrong(&other.to_string())),
    })
}

/// Reads JSON with Python's bare words `NaN`, `Infinity` and `-Infinity`, which stand for the texts `nan`, `inf` and `-inf` so that a
/// key that needs a number refuses them by name; a byte order mark is passed over.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|error| {
        if text.contains("NaN") || text.contains("Infinity") { serde_json::from_str(&strict(text)) } else { Err(error) }
    })
}

/// The text with quotes round the bare words; what stands inside quotes stays.
fn strict(text: &str) -> String {
    let mut strict = String::with_capacity(text.len() + 16);
    let (mut inside, mut escaped) = (false, false);
    for piece in text.split_inclusive(['"', '\\']) {
        if inside {
            strict += piece;
        } else {
            strict += &piece.replace("-Infinity", "\"-inf\"").replace("Infinity", "\"inf\"").replace("NaN", "\"nan\"");
        }
        // Right behind a backslash a quote or another backslash stands for itself.
        let stands_for_itself = escaped && piece.len() == 1;
        inside ^= piece.ends_with('"') && !stands_for_itself;
        escaped = piece.ends_with('\\') && !stands_for_itself;
    }
    strict
}

/// A key as a text: JSON has no others.
fn name(key: &Value) -> String {
    match key.kind() {
        ValueKind::None => "null".into(),
        ValueKind::Bool => key.is_true().to_string(),
        _ => key.to_string(),
    }
}
