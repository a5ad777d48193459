//! MMLU's own files: tables without a header.

use csv::StringRecord;
use serde_json::Value;

use crate::item::Row;

/// Whether a record is of MMLU's form: six cells, the last one a letter from A to D.
pub(super) fn is_mmlu(record: &StringRecord) -> bool {
    record.len() == 6 && matches!(&record[5], "A" | "B" | "C" | "D")
}

/// The row as the hub's copy of MMLU has it, with each option under its letter as well.
pub(super) fn mmlu_row(record: &StringRecord) -> Row {
    let answer = usize::from(record[5].as_bytes()[0] - b'A');
    let options: Vec<Value> = record.iter().skip(1).take(4).map(Value::from).collect();
    let letters =
        ["A", "B", "C", "D"].into_iter().zip(&options).map(|(letter, option)| (letter.into(), option.clone()));
    let mut row =
        Row::from_iter([("question".into(), Value::from(&record[0])), ("choices".into(), options.clone().into())]);
    row.extend(letters);
    row.insert("answer".into(), answer.into());
    row
}
