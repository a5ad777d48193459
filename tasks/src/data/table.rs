//! One data file, read once whatever the number of tasks that ask from it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::data::{csv, json, parquet};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::item::Row;

/// Files kept in memory: enough for all subjects of a task with its shots, small beside a model.
const KEPT: usize = 4;

/// File name endings that are read.
pub(crate) const ENDINGS: [&str; 7] = ["jsonl", "ndjson", "json", "csv", "tsv", "parquet", "txt"];

/// The rows of one file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) path: PathBuf,
    pub(crate) rows: Vec<Arc<Row>>,
    /// Line of each row from 1; its number where the format has no lines.
    pub(crate) lines: Vec<usize>,
    /// SHA-256 of the file.
    pub(crate) hash: String,
    /// Row numbers by the text in the column `subject`, in order.
    pub(crate) by_subject: HashMap<String, Vec<usize>>,
}

/// The files read last.
#[derive(Debug, Default)]
pub(crate) struct Tables(Mutex<Vec<Arc<Table>>>);

impl Tables {
    /// The rows of the file at `path`, from memory where they are.
    pub(crate) fn read(&self, path: &Path) -> Result<Arc<Table>> {
        // A panic of another thread leaves the list whole.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|table| table.path == path) {
            let table = kept.remove(at);
            kept.push(Arc::clone(&table));
            return Ok(table);
        }
        let table = Arc::new(Table::read(path)?);
        kept.push(Arc::clone(&table));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(table)
    }
}

impl Table {
    fn read(path: &Path) -> Result<Self> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let bytes = fs_err::read(path)?;
        let hash = sha256_hex(&bytes);
        let rows = match ending.as_str() {
            "jsonl" | "ndjson" => json::lines(path, utf8(path, &bytes)?)?,
            "json" => json::document(path, utf8(path, &bytes)?)?,
            "csv" => csv::read(path, utf8(path, &bytes)?, b',')?,
            "tsv" => csv::read(path, utf8(path, &bytes)?, b'\t')?,
            "parquet" => parquet::read(path)?,
            "txt" => vec![(1, Row::from_iter([("text".into(), utf8(path, &bytes)?.into())]))],
            _ => {
                let help = format!("data are read from {}", ENDINGS.map(|end| format!("`.{end}`")).join(", "));
                let message = format!("`.{ending}` is no kind of data file that is known here");
                return Err(Error::Data { file: path.to_owned(), line: 1, message, help });
            }
        };
        if rows.is_empty() {
            let help = "is the file complete?".into();
            return Err(Error::Data { file: path.to_owned(), line: 1, message: "no rows".into(), help });
        }
        let mut by_subject: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, (_, row)) in rows.iter().enumerate() {
            if let Some(subject) = row.get("subject").and_then(|subject| subject.as_str()) {
                by_subject.entry(subject.to_owned()).or_default().push(index);
            }
        }
        let (lines, rows) = rows.into_iter().map(|(line, row)| (line, Arc::new(row))).unzip();
        Ok(Self { path: path.to_owned(), rows, lines, hash, by_subject })
    }
}

/// The file as text, without a byte order mark.
fn utf8<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str> {
    let text = std::str::from_utf8(bytes).map_err(|error| Error::Data {
        file: path.to_owned(),
        line: bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count(),
        message: "this line is no UTF-8 text".into(),
        help: "convert the file to UTF-8: `iconv -f latin1 -t utf-8`, if it was Latin-1".into(),
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
