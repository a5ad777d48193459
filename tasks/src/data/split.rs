//! The rows of one split of a task.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::table::{Table, Tables};
use crate::error::Result;
use crate::hash::sha256_hex;
use crate::item::Row;

/// One row and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct SplitRow {
    pub(crate) row: Arc<Row>,
    /// Index into [`Split::files`].
    file: usize,
    /// Line from 1.
    pub(crate) line: usize,
}

/// The rows of a split, in the order of its files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Split {
    pub(crate) rows: Vec<SplitRow>,
    /// Paths as messages show them: relative to the data folder where they lie in one.
    files: Vec<String>,
    /// SHA-256 of each file.
    pub(crate) hashes: Vec<String>,
}

impl Split {
    /// Reads the files of a split; of a table with a column `subject` only the rows of `subject`, when one is given.
    pub(crate) fn read(tables: &Tables, files: &[PathBuf], folders: &[PathBuf], subject: Option<&str>) -> Result<Self> {
        let mut split = Self::default();
        for path in files {
            let table = tables.read(path)?;
            split.add(&table, shown(path, folders), subject);
        }
        Ok(split)
    }

    fn add(&mut self, table: &Table, shown: String, subject: Option<&str>) {
        let file = self.files.len();
        self.files.push(shown);
        self.hashes.push(table.hash.clone());
        let mut add = |index: usize| {
            self.rows.push(SplitRow { row: Arc::clone(&table.rows[index]), file, line: table.lines[index] });
        };
        match subject {
            Some(subject) if !table.by_subject.is_empty() => {
                table.by_subject.get(subject).into_iter().flatten().copied().for_each(&mut add);
            }
            _ => (0..table.rows.len()).for_each(&mut add),
        }
    }

    /// Rows that a task file holds itself.
    pub(crate) fn of_rows(file: &str, rows: Vec<Row>) -> Self {
        let row = |(index, row)| SplitRow { row: Arc::new(row), file: 0, line: index + 1 };
        let rows = rows.into_iter().enumerate().map(row).collect();
        Self { rows, files: vec![file.into()], hashes: Vec::new() }
    }

    /// Rows that are made, not read; their hash stands for a file's.
    pub(crate) fn generated(rows: Vec<Row>) -> Self {
        let text = serde_json::to_string(&rows).expect("rows are JSON already");
        Self { hashes: vec![sha256_hex(text.as_bytes())], ..Self::of_rows("(generated)", rows) }
    }

    /// The file a row comes from, as messages show it.
    pub(crate) fn file(&self, row: &SplitRow) -> &str {
        &self.files[row.file]
    }
}

/// A path without the folders that only this machine has.
fn shown(path: &Path, folders: &[PathBuf]) -> String {
    let inside = folders.iter().find_map(|folder| path.strip_prefix(folder).ok());
    inside.filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(path).display().to_string()
}
