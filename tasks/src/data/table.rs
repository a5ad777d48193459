//! One data file, read once whatever the number of tasks that ask from it.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::MultiGzDecoder;

use super::name::{ENDINGS, Name, Packing};
use crate::data::{csv, json, parquet};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::item::Row;
use crate::text;

/// How a pointer of Git LFS begins, which lies in the place of a file that was not fetched.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Files kept in memory: enough for all subjects of a task with its shots, small beside a model.
const KEPT: usize = 4;

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
        let bytes = fs_err::read(path)?;
        let hash = sha256_hex(&bytes);
        if bytes.starts_with(LFS) {
            let problem = "this is a pointer of Git LFS, not the data".into();
            return Err(wrong(path, problem, "fetch the data: `git lfs pull` in its repository"));
        }
        let name = Name::of(path);
        let ending = name.as_ref().map_or_else(String::new, |name| name.ending.clone());
        let packing = name.map_or(Packing::None, |name| name.packing);
        let is_packed = packing != Packing::None;
        let bytes = unpacked(path, bytes, packing)?;
        let text = || text::decode(path, &bytes);
        let rows = match ending.as_str() {
            "jsonl" | "ndjson" => json::lines(path, text()?)?,
            "json" => json::document(path, text()?)?,
            "csv" => csv::read(path, text()?, b',')?,
            "tsv" => csv::read(path, text()?, b'\t')?,
            "parquet" if !is_packed => parquet::read(path)?,
            "parquet" => return Err(wrong(path, "Parquet within another packing is not read".into(), "unpack it")),
            "txt" => vec![(1, Row::from_iter([("text".into(), text()?.into())]))],
            "arrow" => {
                let problem = "Arrow files are not read".into();
                return Err(wrong(
                    path,
                    problem,
                    "write the data as Parquet or JSONL: `to_parquet` or `to_json` of `datasets`",
                ));
            }
            _ => {
                let endings = ENDINGS.map(|end| format!("`.{end}`")).join(", ");
                let help = format!("data are read from {endings}, also with `.gz` or `.zst` after it");
                let problem = "this is not a kind of data file that is known here".into();
                return Err(Error::Data { file: path.to_owned(), line: 1, problem, help });
            }
        };
        if rows.is_empty() {
            let help = "is the file complete?".into();
            return Err(Error::Data { file: path.to_owned(), line: 1, problem: "no rows".into(), help });
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

fn wrong(path: &Path, problem: String, help: &str) -> Error {
    Error::Data { file: path.to_owned(), line: 1, problem, help: help.into() }
}

/// The bytes of a file without its packing.
fn unpacked(path: &Path, bytes: Vec<u8>, packing: Packing) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    let read = match packing {
        Packing::None => return Ok(bytes),
        Packing::Gzip => MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain),
        Packing::Zstd => zstd::Decoder::new(bytes.as_slice()).and_then(|mut reader| reader.read_to_end(&mut plain)),
        Packing::Other(ending) => {
            return Err(wrong(
                path,
                format!("`.{ending}` files are not unpacked here"),
                "unpack it, or pack it with gzip or zstd",
            ));
        }
    };
    read.map_err(|error| wrong(path, format!("it cannot be unpacked: {error}"), "is the file complete?"))?;
    Ok(plain)
}
