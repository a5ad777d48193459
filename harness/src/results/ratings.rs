//! Readers' ratings: one file, as they were merged, and votes as they come in one by one.

use std::path::PathBuf;

use spyglass_dashboards::run::Rating;

use super::{Store, append_line, in_turn, whole_lines, write_whole};
use crate::Result;
use crate::ratings::{Merged, Others, RatingFile, merge};

impl Store {
    fn ratings_file(&self) -> PathBuf {
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

    /// Whoever writes the ratings waits for this; it is let go when the file is closed, however that comes.
    fn ratings_lock(&self) -> Result<fs_err::File> {
        fs_err::create_dir_all(self.root())?;
        let lock = fs_err::OpenOptions::new().create(true).append(true).open(self.root().join(".ratings.lock"))?;
        in_turn(&lock);
        Ok(lock)
    }

    /// Adds a vote; it is on disk when this returns. Of several of one rater on one thing the one that counts is found when they are read.
    ///
    /// # Errors
    /// The folder cannot be written, or the disk is full.
    pub(crate) fn add_rating(&self, rating: &Rating) -> Result<()> {
        let _lock = self.ratings_lock()?;
        append_line(&self.ratings_file(), &serde_json::to_string(rating).expect("plain data"))
    }

    /// Adds the ratings of exported files; several processes may do so at once.
    ///
    /// # Errors
    /// Votes that differ and are to be refused; the folder cannot be written.
    pub(crate) fn add_ratings(&self, files: &[RatingFile], others: Others) -> Result<Merged> {
        let _lock = self.ratings_lock()?;
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
