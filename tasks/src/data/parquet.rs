//! Rows from Parquet files.

use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Number, Value};

use crate::error::{Error, Result};
use crate::item::Row;

/// The rows of a Parquet file, each with its number from 1: whole numbers, floats, text, lists and tables as JSON has them.
///
/// # Errors
/// The file is not Parquet, is cut short, or uses a codec that is not read.
pub fn read(path: &Path) -> Result<Vec<(usize, Row)>> {
    let wrong = |line: usize, error: ParquetError| {
        // What the library cannot do is not a fault of the file.
        let (problem, help) = match &error {
            ParquetError::NYI(what) => {
                (format!("this Parquet is not read: {what}"), "write it with the codec zstd, snappy or gzip")
            }
            _ => (format!("no Parquet: {error}"), "is the file complete, or a pointer of Git LFS?"),
        };
        Error::Data { file: path.to_owned(), line, problem, help: help.into() }
    };
    let reader = SerializedFileReader::try_from(path).map_err(|error| wrong(1, error))?;
    let rows = reader.get_row_iter(None).map_err(|error| wrong(1, error))?;
    rows.enumerate()
        .map(|(index, row)| {
            let columns = row.map_err(|error| wrong(index + 1, error))?.into_columns();
            Ok((index + 1, columns.into_iter().map(|(name, field)| (name, value(&field))).collect()))
        })
        .collect()
}

fn value(field: &Field) -> Value {
    let float = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => (*value).into(),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => (*value).into(),
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float16(value) => float(f64::from(*value)),
        Field::Float(value) => float(f64::from(*value)),
        Field::Double(value) => float(*value),
        Field::Str(text) => text.as_str().into(),
        // Some writers leave out that a column of bytes is text.
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into(),
        Field::Group(row) => {
            row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect::<Map<_, _>>().into()
        }
        Field::ListInternal(list) => list.elements().iter().map(value).collect::<Vec<_>>().into(),
        other => other.to_string().into(),
    }
}
#[cfg(test)]
mod tests;
