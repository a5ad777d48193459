//! `spyglass onset`: when did it emerge, for curves that somebody else measured.

use std::path::PathBuf;

use clap::Args;
use spyglass_tasks::text;

use super::{Exit, print, say};
use crate::Result;
use crate::import::read_scores;

/// Find onsets in any table of scores, whoever measured them; prints one JSON object a curve
///
/// Columns `task,tokens,score,chance` and `n` or `se`; optional `branch,step,lr,delta`.
#[derive(Debug, Args)]
pub(super) struct OnsetRun {
    /// The table, a CSV file
    scores: PathBuf,
}

impl OnsetRun {
    pub(super) fn run(&self) -> Result<Exit> {
        let text = text::read(&self.scores)?;
        let scores = read_scores(&self.scores, &text)?;
        if !scores.ignored.is_empty() {
            say(&format!("columns that were not read: {}", scores.ignored.join(", ")));
        }
        for curve in &scores.curves {
            print(&(serde_json::to_string(&curve.verdict(scores.curves.len())).expect("plain data") + "\n"))?;
        }
        Ok(Exit::Well)
    }
}
