//! Readers' ratings: one file, each opinion once, the newest of a reader on one thing.

use super::{Store, write_whole};
use crate::{Error, Result};
use spyglass_dashboards::run::{Opinion, Rating};
use std::path::PathBuf;

impl Store {
    fn ratings_file(&self) -> PathBuf {
        self.root().join("ratings.jsonl")
    }

    /// All ratings that were merged.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn ratings(&self) -> Result<Vec<Rating>> {
        let path = self.ratings_file();
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let rating = |(index, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| Error::Line {
                file: path.clone(),
                line: index + 1,
                what: format!("is no rating ({error})"),
                help: "remove the line; the readers' own files can be merged again".into(),
            })
        };
        text.lines().enumerate().map(rating).collect()
    }

    /// Adds ratings; a later one of the same reader on the same thing replaces the earlier. Returns how many there are.
    ///
    /// # Errors
    /// The folder cannot be written, or the file there is damaged.
    pub fn add_ratings(&self, new: impl IntoIterator<Item = Rating>) -> Result<usize> {
        let mut all = self.ratings()?;
        for rating in new {
            match all.iter_mut().find(|known| about(known) == about(&rating)) {
                Some(known) if known.time <= rating.time => *known = rating,
                Some(_) => {}
                None => all.push(rating),
            }
        }
        let lines = all.iter().map(|rating| serde_json::to_string(rating).expect("plain data") + "\n");
        write_whole(&self.ratings_file(), lines.collect::<String>().as_bytes())?;
        Ok(all.len())
    }
}

/// What a rating is about, and whose it is.
fn about(rating: &Rating) -> (String, String, Vec<String>) {
    let kind = match rating.opinion {
        Opinion::Stars { .. } => "stars",
        Opinion::Pair { .. } => "pair",
    };
    let mut places: Vec<String> =
        rating.places().iter().map(|place| format!("{}@{}", place.branch, place.step)).collect();
    places.sort(); // the same two checkpoints may have been shown the other way round
    places.push(kind.into());
    (rating.rater.clone(), rating.talk(), places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_has_one_opinion_on_one_thing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let rating = |rater: &str, stars: u8, time: &str| -> Rating {
            let text = format!(
                r#"{{"rater":"{rater}","pack":"pirate","prompt":"p","kind":"stars","at":{{"branch":"trunk","step":5}},"stars":{stars},"note":"","time":"{time}"}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        assert_eq!(store.add_ratings([rating("a", 2, "1"), rating("b", 3, "1")]).unwrap(), 2);
        assert_eq!(store.add_ratings([rating("a", 5, "2"), rating("b", 1, "0")]).unwrap(), 2);
        let stars: Vec<f64> = store.ratings().unwrap().iter().map(|rating| rating.stars().unwrap().1).collect();
        assert_eq!(stars, [5.0, 3.0]);
    }
}
