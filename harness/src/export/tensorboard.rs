//! Event files of TensorBoard: one folder a branch, tokens seen as the step.
//!
//! A file is a row of records, each its length (u64), a checksum of that, its bytes, a checksum of those, all little-endian; a record is
//! an `Event` in protocol buffers (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).

use std::collections::BTreeMap;

use super::ScoreRow;

/// Fields of `Event`, `Summary` and `Summary.Value` with their wire types, as they are written.
const EVENT_STEP: u8 = 2 << 3;
const EVENT_VERSION: u8 = 3 << 3 | 2;
const EVENT_SUMMARY: u8 = 5 << 3 | 2;
const SUMMARY_VALUE: u8 = 1 << 3 | 2;
const VALUE_TAG: u8 = 1 << 3 | 2;
const VALUE_SIMPLE: u8 = 2 << 3 | 5;

/// The name that TensorBoard finds the file by.
pub(crate) const FILE_NAME: &str = "events.out.tfevents.0.spyglass";

/// The event file of each branch. Scores of one checkpoint come in one event; the tag is `TASK/METRIC`, with the shots and the
/// perturbation behind the task.
pub(crate) fn tensorboard(rows: &[ScoreRow]) -> BTreeMap<String, Vec<u8>> {
    let mut branches: BTreeMap<&str, BTreeMap<u64, Vec<&ScoreRow>>> = BTreeMap::new();
    for row in rows {
        branches.entry(&row.branch).or_default().entry(row.tokens).or_default().push(row);
    }
    let file = |checkpoints: BTreeMap<u64, Vec<&ScoreRow>>| {
        let mut bytes = Vec::new();
        record(&mut bytes, &field(EVENT_VERSION, b"brain.Event:2"));
        for (tokens, rows) in checkpoints {
            let values: Vec<u8> = rows.iter().flat_map(|row| field(SUMMARY_VALUE, &value(row))).collect();
            let mut event = vec![EVENT_STEP];
            varint(&mut event, tokens);
            event.extend(field(EVENT_SUMMARY, &values));
            record(&mut bytes, &event);
        }
        bytes
    };
    branches.into_iter().map(|(branch, checkpoints)| (branch.to_owned(), file(checkpoints))).collect()
}

fn value(row: &ScoreRow) -> Vec<u8> {
    let shots = row.shots.filter(|shots| *shots > 0).map_or_else(String::new, |shots| format!("_{shots}shot"));
    let perturb = row.perturb.as_ref().map_or_else(String::new, |perturb| format!("_{perturb}"));
    let variant = row.variant.as_ref().map_or_else(String::new, |variant| format!("_{variant}"));
    let tag = format!("{}{shots}{perturb}{variant}/{}", row.task, row.metric);
    let mut value = field(VALUE_TAG, tag.as_bytes());
    value.push(VALUE_SIMPLE);
    value.extend((row.score as f32).to_le_bytes());
    value
}

/// A field that holds bytes.
fn field(key: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![key];
    varint(&mut field, bytes.len() as u64);
    field.extend(bytes);
    field
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn record(file: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked_checksum(&length).to_le_bytes());
    file.extend(data);
    file.extend(masked_checksum(data).to_le_bytes());
}

/// CRC-32C, turned and shifted so that a checksum of data that hold checksums is a good one, too (tensorflow/core/lib/hash/crc32c.h).
pub(crate) fn masked_checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
