//! Rows from CSV with a header. Columns of whole numbers are read as such, cells that hold a list as lists.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::item::Row;
use crate::python::literal;

pub(super) fn read(path: &Path, text: &str, delimiter: u8) -> Result<Vec<(usize, Row)>> {
    let wrong = |line, message: String| Error::Data {
        file: path.to_owned(),
        line,
        message,
        help: "the first line names the columns; text with commas or line breaks wants quotes".into(),
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, |place| place.line() as usize);
            match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    wrong(line, format!("{len} cells, the header has {expected_len}"))
                }
                _ => wrong(line, error.to_string()),
            }
        })?;
        records.push(record);
    }
    let whole: Vec<bool> =
        (0..header.len()).map(|column| records.iter().all(|record| record[column].parse::<i64>().is_ok())).collect();
    let rows = records.iter().map(|record| {
        let cells =
            header.iter().zip(record).zip(&whole).map(|((name, cell), whole)| (name.to_owned(), value(cell, *whole)));
        (record.position().map_or(1, |place| place.line() as usize), cells.collect())
    });
    Ok(rows.collect())
}

fn value(cell: &str, whole: bool) -> Value {
    if whole {
        return cell.parse::<i64>().map_or(Value::Null, Value::from);
    }
    let nested = match cell.as_bytes() {
        [b'[', .., b']'] | [b'{', .., b'}'] => serde_json::from_str(cell).ok().or_else(|| literal(cell)),
        _ => None,
    };
    nested.unwrap_or_else(|| cell.into())
}
