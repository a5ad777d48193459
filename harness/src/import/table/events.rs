//! Event files of TensorBoard as a table: a row a step, a column a tag.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::read::wrong;
use crate::Result;
use crate::checkpoint::{Row, Table};
use crate::export::masked_checksum;

/// The event files that `path` is, or that lie in it and below; none where it is something else.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let is_events = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("tfevents"));
    if path.is_file() {
        return Ok(if is_events(path) { vec![path.to_owned()] } else { Vec::new() });
    }
    let mut found = Vec::new();
    let mut children: Vec<PathBuf> =
        fs_err::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    children.sort();
    for child in children {
        if child.is_dir() || is_events(&child) {
            found.extend(files(&child)?);
        }
    }
    Ok(found)
}

/// Reads event files, in their order; the later of two values of one tag at one step counts, as TensorBoard has it after a restart.
///
/// # Errors
/// A file is none, or damaged before its last record: one that ends within a record is still being written.
pub(super) fn table(files: &[PathBuf]) -> Result<Table> {
    let mut rows: BTreeMap<u64, Map<String, Value>> = BTreeMap::new();
    for file in files {
        let bytes = fs_err::read(file)?;
        let mut rest = &bytes[..];
        while let Some((event, after)) = record(rest).map_err(|what| {
            let what = format!("byte {}: {what}", bytes.len() - rest.len());
            wrong(file, what, "this is not an event file of TensorBoard, or it is damaged: copy it anew")
        })? {
            for (tag, step, value) in scalars(event).unwrap_or_default() {
                let cells = rows.entry(step).or_insert_with(|| Map::from_iter([("step".to_owned(), step.into())]));
                cells.insert(tag, Value::from(value));
            }
            rest = after;
        }
    }
    let rows = rows.into_values().enumerate().map(|(index, cells)| Row { at: index + 1, cells }).collect();
    let first = files.first().map_or(Path::new(""), PathBuf::as_path);
    Ok(Table::of(first, "event", rows))
}

/// The next record and what follows it; `None` at the end, and where the last record is not whole.
fn record(bytes: &[u8]) -> Result<Option<(&[u8], &[u8])>, String> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
    let Some((checksum, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    if masked_checksum(length) != u32::from_le_bytes(*checksum) {
        return Err("the length of a record does not fit its checksum".into());
    }
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let Some((data, rest)) = rest.split_at_checked(length) else { return Ok(None) };
    let Some((checksum, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    if masked_checksum(data) != u32::from_le_bytes(*checksum) {
        return Err("a record does not fit its checksum".into());
    }
    Ok(Some((data, rest)))
}

/// A field of a protocol buffer.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message with their numbers; `None` where it ends within one.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                found.push((key >> 3, Field::Number(varint(&mut bytes)?)));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (field, rest) = bytes.split_at_checked(length)?;
        found.push((key >> 3, Field::Bytes(field)));
        bytes = rest;
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The finite scalars of an event: tag, step and value. Events of other kinds (versions, graphs, texts) hold none.
fn scalars(event: &[u8]) -> Option<Vec<(String, u64, f64)>> {
    let event = fields(event)?;
    let step = event.iter().find_map(|(number, field)| match field {
        Field::Number(step) if *number == 2 => Some(*step),
        _ => None,
    });
    let mut found = Vec::new();
    for (_, summary) in event.iter().filter(|(number, _)| *number == 5) {
        let Field::Bytes(summary) = summary else { continue };
        for (_, value) in fields(summary)?.iter().filter(|(number, _)| *number == 1) {
            let Field::Bytes(value) = value else { continue };
            let (mut tag, mut told) = (None, None);
            for (number, field) in fields(value)? {
                match (number, field) {
                    (1, Field::Bytes(text)) => tag = Some(String::from_utf8_lossy(text).into_owned()),
                    (2, Field::Bytes(bits)) => told = Some(f64::from(f32::from_le_bytes(bits.try_into().ok()?))),
                    (8, Field::Bytes(tensor)) => told = told.or(tensor_scalar(tensor)),
                    _ => {}
                }
            }
            if let (Some(tag), Some(value)) = (tag, told.filter(|value: &f64| value.is_finite())) {
                found.push((tag, step.unwrap_or(0), value));
            }
        }
    }
    Some(found)
}

/// The one number of a `TensorProto` (tensorflow/core/framework/tensor.proto): newer writers put scalars there.
fn tensor_scalar(tensor: &[u8]) -> Option<f64> {
    let fields = fields(tensor)?;
    let dtype = fields.iter().find_map(|(number, field)| match field {
        Field::Number(dtype) if *number == 1 => Some(*dtype),
        _ => None,
    })?;
    let bytes = |wanted: u64| {
        fields.iter().find_map(|(number, field)| match field {
            Field::Bytes(bytes) if *number == wanted => Some(*bytes),
            _ => None,
        })
    };
    // 1 is f32, 2 is f64; the values stand as raw bytes (4) or as a list of their kind (5, 6).
    match dtype {
        1 => bytes(4).or_else(|| bytes(5)).and_then(|raw| Some(f64::from(f32::from_le_bytes(raw.try_into().ok()?)))),
        2 => bytes(4).or_else(|| bytes(6)).and_then(|raw| Some(f64::from_le_bytes(raw.try_into().ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{EVENT_FILE, ScoreRow, tensorboard};

    fn row(tokens: u64, task: &str, score: f64) -> ScoreRow {
        ScoreRow {
            branch: "trunk".into(),
            step: tokens / 10,
            variant: None,
            tokens,
            lr: None,
            phase: None,
            kind: "task",
            task: task.into(),
            shots: Some(5),
            perturb: None,
            metric: "acc".into(),
            primary: true,
            score,
            se: None,
            clustered_se: None,
            n: 0,
            chance: None,
            key: None,
        }
    }

    /// What of a table is asked: the steps, and the values of one column.
    fn column(table: &Table, name: &str) -> Vec<(u64, f64)> {
        let cell = |row: &Row| Some((row.cells["step"].as_u64()?, row.cells.get(name)?.as_f64()?));
        table.rows.iter().filter_map(cell).collect()
    }

    #[test]
    fn what_is_exported_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(EVENT_FILE);
        let rows =
            [row(20_000_000_000, "mmlu", 0.5), row(10_000_000_000, "mmlu", 0.25), row(10_000_000_000, "piqa", 0.75)];
        let bytes = tensorboard(&rows).remove("trunk").unwrap();
        fs_err::write(&file, &bytes).unwrap();
        let table = table(&files(folder.path()).unwrap()).unwrap();
        assert_eq!(column(&table, "mmlu_5shot/acc"), [(10_000_000_000, 0.25), (20_000_000_000, 0.5)]);
        assert_eq!(column(&table, "piqa_5shot/acc"), [(10_000_000_000, 0.75)]);
        // A file that is cut off is still being written; a bit that flipped is damage, wherever it is.
        for end in 0..bytes.len() {
            fs_err::write(&file, &bytes[..end]).unwrap();
            assert!(super::table(std::slice::from_ref(&file)).unwrap().rows.len() <= 2, "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            fs_err::write(&file, &damaged).unwrap();
            assert!(super::table(std::slice::from_ref(&file)).is_err(), "byte {at}");
        }
    }

    #[test]
    fn scalars_of_newer_writers_are_tensors() {
        // tag "a", tensor { dtype: DT_FLOAT, tensor_content: 1.5f32 } at step 7; made by TensorBoard's own protocol buffers.
        let event = [0x10, 7, 0x2a, 15, 0x0a, 13, 0x0a, 1, b'a', 0x42, 8, 0x08, 1, 0x22, 4, 0, 0, 0xc0, 0x3f];
        assert_eq!(scalars(&event), Some(vec![("a".to_owned(), 7, 1.5)]));
    }
}
