//! The jobs that were submitted for a run: `cluster/jobs.jsonl` in its results.

use std::path::{Path, PathBuf};

use super::Submitted;
use crate::Result;
use crate::results::append_line;

fn file(results: &Path) -> PathBuf {
    results.join("cluster").join("jobs.jsonl")
}

/// Remembers a job.
///
/// # Errors
/// The results folder cannot be written.
pub(crate) fn remember(results: &Path, submitted: &Submitted) -> Result<()> {
    append_line(&file(results), &serde_json::to_string(submitted).expect("plain data"))
}

/// The job that was submitted last.
pub(crate) fn last(results: &Path) -> Option<Submitted> {
    let text = fs_err::read_to_string(file(results)).ok()?;
    text.lines().rev().find_map(|line| serde_json::from_str(line).ok())
}
