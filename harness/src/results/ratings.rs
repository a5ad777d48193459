//! Readers' ratings: one file, as they were merged.

use std::path::PathBuf;

use spyglass_dashboards::run::Rating;

use super::{Store, write_whole};
use crate::Result;
use crate::ratings::{Merged, Others, RatingFile, merge};

impl Store {
    fn ratings_file(&self) -> PathBuf {
        self.root().join("ratings.jsonl")
    }

    /// All ratings that were merged.
    ///
    /// # Errors
    /// The file is damaged, or a line of it is not a rating.
    pub fn ratings(&self) -> Result<Vec<Rating>> {
        let path = self.ratings_file();
        if !path.exists() {
            return Ok(Vec::new());
        }
        Ok(RatingFile::read(&path)?.ratings.into_iter().map(|(_, rating)| rating).collect())
    }

    /// Adds the ratings of exported files, or of a page that sends them; several processes may do so at once.
    ///
    /// # Errors
    /// Votes that differ and are to be refused; the folder cannot be written.
    pub(crate) fn add_ratings(&self, files: &[RatingFile], others: Others) -> Result<Merged> {
        let lock = fs_err::OpenOptions::new().create(true).append(true).open(self.root().join(".ratings.lock"))?;
        lock.file().lock()?; // let go when the file is closed, however this ends
        let merged = merge(self.ratings()?, files, others)?;
        self.keep_ratings(&merged.all)?;
        Ok(merged)
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
