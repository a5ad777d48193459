//! A list of stock phrases of somebody's own, as the run file names it.

use serde::{Deserialize, Serialize};
use spyglass_tasks::vibes::dryness::StockPhrases;

/// The list that the curves of dryness count by, in place of the shipped one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockList {
    /// The name of its file.
    pub file: String,
    /// What it lists.
    pub phrases: StockPhrases,
    /// The run whose run file names it, where several stand side by side.
    #[serde(skip)]
    pub run: Option<String>,
}

impl StockList {
    /// `the 12 of mine.yaml`; of several runs `the 12 of mine.yaml, which the run file of pilot names, in all runs`.
    pub fn words(&self) -> String {
        let words = format!("the {} of {}", self.phrases.count(), self.file);
        match &self.run {
            Some(run) => format!("{words}, which the run file of {run} names, in all runs"),
            None => words,
        }
    }
}
