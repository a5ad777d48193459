//! Event files of TensorBoard as a table: a row a step, a column a tag.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::event_wire::scalars;
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

#[cfg(test)]
mod tests;
