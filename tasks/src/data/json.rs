//! Rows from JSON: one object a line, or one document that holds a list.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::item::Row;
use crate::python::from_json;

/// One object a line; blank lines do not count.
pub(super) fn lines(path: &Path, text: &str) -> Result<Vec<(usize, Row)>> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled.map(|(index, line)| Ok((index + 1, object(path, index + 1, line)?))).collect()
}

/// A list of objects, an object that holds one list of them, or one object a line after all.
pub(super) fn document(path: &Path, text: &str) -> Result<Vec<(usize, Row)>> {
    let first = text.trim_start().lines().next().unwrap_or_default();
    if first.starts_with('{') && from_json::<Row>(first).is_ok() && text.trim().lines().nth(1).is_some() {
        return lines(path, text);
    }
    let wrong = |line, problem: String| Error::Data {
        file: path.to_owned(),
        line,
        problem,
        help: "wanted is a list of objects, or one object a line".into(),
    };
    let document: Value =
        from_json(text).map_err(|error| wrong(error.line(), format!("no JSON: {}", without_place(&error))))?;
    let items = match document {
        Value::Array(items) => items,
        Value::Object(entries) => {
            let mut lists: Vec<Vec<Value>> = entries
                .into_iter()
                .filter_map(|(_, value)| if let Value::Array(items) = value { Some(items) } else { None })
                .filter(|items| items.first().is_some_and(Value::is_object))
                .collect();
            match (lists.pop(), lists.is_empty()) {
                (Some(items), true) => items,
                _ => return Err(wrong(1, "an object that does not hold just one list of rows".into())),
            }
        }
        _ => return Err(wrong(1, "neither a list nor an object".into())),
    };
    let row = |(index, item): (usize, Value)| match item {
        Value::Object(row) => Ok((index + 1, row)),
        _ => Err(wrong(index + 1, "this entry of the list is not an object".into())),
    };
    items.into_iter().enumerate().map(row).collect()
}

fn object(path: &Path, line: usize, text: &str) -> Result<Row> {
    from_json(text).map_err(|error| Error::Data {
        file: path.to_owned(),
        line,
        problem: format!("no JSON object: {}, column {}", without_place(&error), error.column()),
        help: "each line is one object; is the file cut off or edited by hand?".into(),
    })
}

/// The message without `serde_json`'s "at line 1", which is never the line of the file.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |end| text[..end].to_owned())
}
