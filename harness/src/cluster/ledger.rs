//! The jobs that were submitted for a run: `cluster/jobs.jsonl` in its results.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Submitted;
use crate::Result;

fn file(results: &Path) -> PathBuf {
    results.join("cluster").join("jobs.jsonl")
}

/// Remembers a job.
///
/// # Errors
/// The results folder cannot be written.
pub(crate) fn remember(results: &Path, submitted: &Submitted) -> Result<()> {
    fs_err::create_dir_all(results.join("cluster"))?;
    let line = serde_json::to_string(submitted).expect("plain data") + "\n";
    let mut file = fs_err::OpenOptions::new().create(true).append(true).open(file(results))?;
    Ok(file.write_all(line.as_bytes())?)
}

/// The job that was submitted last.
pub(crate) fn last(results: &Path) -> Option<Submitted> {
    let text = fs_err::read_to_string(file(results)).ok()?;
    text.lines().rev().find_map(|line| serde_json::from_str(line).ok())
}
