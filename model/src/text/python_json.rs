//! Template values as JSON, written as Python's `json.dumps` writes it: the `tojson` of chat templates.

use std::io::Write;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use serde_json::{Map, Number, Value as Json};

/// Levels of nesting that are followed; a namespace can hold itself.
const DEEPEST: usize = 64;

/// The filter: `{{ value | tojson(indent=4) }}`; nothing is escaped for the sake of HTML or ASCII.
#[expect(clippy::needless_pass_by_value, reason = "filters take their options so")]
pub(crate) fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    if options.get::<Option<bool>>("ensure_ascii")? == Some(true) {
        return Err(Error::new(ErrorKind::InvalidOperation, "tojson: `ensure_ascii` is not supported"));
    }
    options.assert_all_used()?;
    let json = json(value, DEEPEST)?;
    let mut bytes = Vec::new();
    let written = match indent {
        None => json.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced)),
        Some(width) => {
            let indent = " ".repeat(width.min(DEEPEST));
            let formatter = PrettyFormatter::with_indent(indent.as_bytes());
            json.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        }
    };
    written.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

fn json(value: &Value, levels: usize) -> Result<Json, Error> {
    let wrong = |what: &str| Error::new(ErrorKind::BadSerialization, format!("tojson: {what} is no JSON"));
    let below = levels.checked_sub(1).ok_or_else(|| wrong("a value nested so deep"))?;
    Ok(match value.kind() {
        ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => match value.as_i64() {
            Some(number) if value.is_integer() => number.into(),
            _ => Json::Number(Number::from_f64(f64::try_from(value.clone())?).ok_or_else(|| wrong("NaN or infinity"))?),
        },
        ValueKind::String => value.to_string().into(),
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter()?.map(|item| json(&item, below)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let entry = |key: Value| Ok((key.to_string(), json(&value.get_item(&key)?, below)?));
            Json::Object(value.try_iter()?.map(entry).collect::<Result<Map<_, _>, Error>>()?)
        }
        other => return Err(wrong(&other.to_string())),
    })
}

/// Python's separators: `, ` and `: `.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}
