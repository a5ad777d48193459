//! A file of ratings: one JSON object a line, each checked.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use spyglass_dashboards::run::{Opinion, Rating};

use crate::{Error, Result};

/// A file with its ratings and the lines they stand in, from 1.
#[derive(Debug, Clone)]
pub(crate) struct RatingFile {
    /// The file.
    pub path: PathBuf,
    /// Line and rating.
    pub ratings: Vec<(usize, Rating)>,
}

impl RatingFile {
    /// Reads a file; empty lines and byte order marks are passed over.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is not a rating: no JSON, stars beside 1 to 5, a winner beside `a`, `b` and `tie`,
    /// a checkpoint against itself, a time that is none, a rater without a name.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Self::of(path, &spyglass_tasks::text::read(path)?)
    }

    /// [`RatingFile::read`] of a text that came from `path`.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn of(path: &Path, text: &str) -> Result<Self> {
        let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}').trim()).enumerate();
        let rating = |(index, line): (usize, &str)| match rating(line) {
            Ok(rating) => Ok((index + 1, rating)),
            Err(why) => Err(Error::Line {
                file: path.to_path_buf(),
                line: index + 1,
                problem: format!("is not a rating ({why})"),
                help: "`export my ratings` on the report's vibes page writes such files; correct the line or remove it"
                    .into(),
            }),
        };
        let ratings = lines.filter(|(_, line)| !line.is_empty()).map(rating).collect::<Result<_>>()?;
        Ok(Self { path: path.to_path_buf(), ratings })
    }
}

fn rating(line: &str) -> Result<Rating, String> {
    let mut rating: Rating = serde_json::from_str(line).map_err(|error| error.to_string())?;
    rating.rater = rating.rater.trim().to_owned();
    if rating.rater.is_empty() {
        return Err("`rater` names nobody".into());
    }
    if let Opinion::Pair { a, b, .. } = &rating.opinion
        && a == b
    {
        return Err(format!("it compares step {} of `{}` with itself", a.step, a.branch));
    }
    if !rating.time.is_empty() && moment(&rating).is_none() {
        return Err(format!("the time `{}` is none such as 2026-01-31T10:00:00Z", rating.time));
    }
    Ok(rating)
}

/// When the rating was given; without a zone the time is UTC. `None` where it says no time.
pub(crate) fn moment(rating: &Rating) -> Option<Timestamp> {
    let time = rating.time.trim();
    let utc = || Offset::UTC.to_timestamp(time.parse::<DateTime>().ok()?).ok();
    time.parse().ok().or_else(utc)
}
#[cfg(test)]
mod tests;
