//! A log as a table, whatever its form.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::Error;

/// The forms that are read, for messages.
pub(super) const FORMS: &str = "Hugging Face's trainer_state.json, JSON with one object a line, tables (CSV, TSV, Parquet) whose first line names the columns, and \
                                lines that trainers print (`step 100 | loss 3.2 | lr 1e-4`, Megatron's)";

/// The rows of a log in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table {
    /// The file, for messages.
    pub(crate) file: PathBuf,
    /// Names of the columns, each once, in the order of the file.
    pub(crate) columns: Vec<String>,
    /// Names that the head of a table holds twice.
    pub(crate) twice: Vec<String>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// What a row is called: `line`, or `entry`.
    pub(crate) unit: &'static str,
    /// It is a trainer's state, which may well hold no loss yet, or nothing but a summary.
    pub(crate) is_state: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its number in the file, from 1.
    pub(crate) at: usize,
    /// Its cells by the names of their columns; empty ones may be missing.
    pub(crate) cells: Map<String, Value>,
}

impl Table {
    /// A table of those rows; the columns are those that occur in them.
    pub(crate) fn of(file: &Path, unit: &'static str, rows: Vec<Row>) -> Self {
        let mut columns: Vec<String> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for name in rows.iter().flat_map(|row| row.cells.keys()) {
            if known.insert(name.as_str()) {
                columns.push(name.clone());
            }
        }
        Self { file: file.to_owned(), columns, unit, rows, ..Self::default() }
    }

    /// The first columns, for messages.
    pub(crate) fn names(&self) -> String {
        let shown: Vec<&str> = self.columns.iter().map(String::as_str).take(12).collect();
        let more = if self.columns.len() > shown.len() { ", …" } else { "" };
        shown.join(", ") + more
    }

    /// An error at a row.
    pub(super) fn error_at(&self, row: usize, what: &str, help: &str) -> Error {
        error(&self.file, format!("{} {row}: {what}", self.unit), help)
    }
}

/// An error of a log.
pub(super) fn error(file: &Path, what: impl Into<String>, help: impl Into<String>) -> Error {
    Error::Log { file: file.to_path_buf(), problem: what.into(), help: help.into() }
}

/// The beginning of a line or a cell, for messages.
pub(super) fn shortened(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { short + "…" } else { short }
}
