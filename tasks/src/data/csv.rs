//! Rows from CSV with a header. Columns of whole numbers are read as such, cells that hold a list as lists.
//!
//! MMLU's own files have no header: a question, four options and the letter of the right one.

use std::path::Path;

use csv::StringRecord;
use serde_json::Value;

use super::mmlu::{is_mmlu, mmlu_row};
use crate::error::{Error, Result};
use crate::item::Row;
use crate::python::literal;

pub(super) fn read(path: &Path, text: &str, delimiter: u8) -> Result<Vec<(usize, Row)>> {
    let wrong = |line, problem: String| Error::Data {
        file: path.to_owned(),
        line,
        problem,
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
    if is_mmlu(&header) && records.iter().all(is_mmlu) {
        let first = std::iter::once((1, &header));
        let others = records.iter().map(|record| (line(record), record));
        return Ok(first.chain(others).map(|(line, record)| (line, mmlu_row(record))).collect());
    }
    let (of_mmlu, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| is_mmlu(record));
    if let Some(record) = others.first().filter(|_| is_mmlu(&header) && of_mmlu.len() > others.len()) {
        let problem = format!("the last cell is `{}`, that of other lines a letter from A to D", &record[5]);
        return Err(wrong(line(record), problem));
    }
    let named: Vec<&str> = header.iter().filter(|name| !name.is_empty()).collect();
    if let Some(twice) = named.iter().enumerate().find(|(index, name)| named[..*index].contains(name)) {
        return Err(wrong(1, format!("two columns are called `{}`, or the line with the names is missing", twice.1)));
    }
    let whole: Vec<bool> =
        (0..header.len()).map(|column| records.iter().all(|record| record[column].parse::<i64>().is_ok())).collect();
    let rows = records.iter().map(|record| {
        let cells =
            header.iter().zip(record).zip(&whole).map(|((name, cell), whole)| (name.to_owned(), value(cell, *whole)));
        (line(record), cells.collect())
    });
    Ok(rows.collect())
}

/// Line of a record, from 1.
fn line(record: &StringRecord) -> usize {
    record.position().map_or(1, |place| place.line() as usize)
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

#[cfg(test)]
mod tests {
    use super::read;
    use miette::Diagnostic;
    use std::path::Path;

    #[test]
    fn a_line_of_mmlu_without_its_letter_is_named() {
        let good = "q0,a,b,c,d,A\nq1,a,b,c,d,B\nq2,a,b,c,d,C\n";
        assert_eq!(read(Path::new("t.csv"), good, b',').unwrap().len(), 3);
        for (cell, place) in [("", "t.csv:4: "), ("E", "t.csv:4: the last cell is `E`"), ("b", "t.csv:4: ")] {
            let error = read(Path::new("t.csv"), &format!("{good}q3,a,b,c,d,{cell}\n"), b',').unwrap_err();
            assert!(error.to_string().contains(place) && error.help().is_some(), "{error}");
        }
        let named = "u,v,w,x,y,A\n1,2,3,4,5,6\n";
        assert_eq!(read(Path::new("t.csv"), named, b',').unwrap()[0].1["A"], 6);
    }
}
