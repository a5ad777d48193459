//! Tests of `parquet`.

use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::json;

use super::*;

#[test]
fn lists_texts_and_numbers_are_read() {
    let schema = "message schema {
        required binary question (UTF8);
        required group choices (LIST) { repeated group list { required binary element (UTF8); } }
        required int64 answer;
    }";
    let file = tempfile::Builder::new().suffix(".parquet").tempfile().unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let settings = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file.reopen().unwrap(), schema, settings).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|text| ByteArray::from(*text)).collect::<Vec<_>>();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&texts(&["one", "zwölf"]), None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let choices = texts(&["a", "b", "c", "d"]);
    column.typed::<ByteArrayType>().write_batch(&choices, Some(&[1, 1, 1, 1]), Some(&[0, 1, 0, 1])).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[1, 0], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let rows: Vec<(usize, Value)> = read(file.path()).unwrap().into_iter().map(|(n, row)| (n, row.into())).collect();
    let expected = [
        (1, json!({"question": "one", "choices": ["a", "b"], "answer": 1})),
        (2, json!({"question": "zwölf", "choices": ["c", "d"], "answer": 0})),
    ];
    assert_eq!(rows, expected);
}
