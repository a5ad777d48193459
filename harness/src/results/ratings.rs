//! Readers' ratings: one file, as they were merged.

use std::path::PathBuf;

use spyglass_dashboards::run::Rating;

use super::{Store, whole_lines, write_whole};
use crate::Result;
use crate::ratings::{Others, RatingFile, merge};

impl Store {
    pub(super) fn ratings_file(&self) -> PathBuf {
        self.root().join("ratings.jsonl")
    }

    /// All ratings that count: those that were merged, and votes that `serve` has added to them since.
    ///
    /// # Errors
    /// The file is damaged, or a line of it is not a rating.
    pub fn ratings(&self) -> Result<Vec<Rating>> {
        let path = self.ratings_file();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let file = RatingFile::of(&path, &whole_lines(&path)?)?;
        Ok(merge(Vec::new(), &[file], Others::Replace)?.all)
    }

    /// Keeps these ratings in place of all that were there.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep_ratings(&self, ratings: &[Rating]) -> Result<()> {
        let lines = ratings.iter().map(|rating| serde_json::to_string(rating).expect("plain data") + "\n");
        write_whole(&self.ratings_file(), lines.collect::<String>().as_bytes())
    }
}
