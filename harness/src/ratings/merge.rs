//! Ratings of several files in one: each reader's opinion on each thing once, and none overwritten unasked.

use std::collections::HashMap;
use std::path::PathBuf;

use spyglass_dashboards::run::{Opinion, Rating, Winner};

use super::read::{RatingFile, moment};
use crate::{Error, Result};

/// What becomes of votes that differ from what the same rater said in another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// An error: they may be another person's.
    Refused,
    /// The later one counts.
    Replace,
}

/// Ratings brought together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Merged {
    /// All of them.
    pub all: Vec<Rating>,
    /// How many are on something that its rater had not judged yet.
    pub new: usize,
    /// How many earlier votes gave way to later ones.
    pub replaced: usize,
    /// How many did not count: a pair that its rater judged again, and votes older than the one that is kept.
    pub left_out: usize,
}

/// What a rating is about, and whose it is.
type Subject = (String, String, Vec<String>);

fn subject(rating: &Rating) -> Subject {
    let place = |place: &spyglass_dashboards::run::RatingPlace| {
        format!("{}@{} {}", place.branch, place.step, place.variant.as_deref().unwrap_or_default())
    };
    let mut places: Vec<String> = rating.places().into_iter().map(place).collect();
    places.sort(); // the same two checkpoints may have been shown the other way round
    (rating.rater.clone(), rating.talk(), places)
}

/// Whether two ratings of one subject say the same.
fn agree(one: &Rating, other: &Rating) -> bool {
    match (&one.opinion, &other.opinion) {
        (Opinion::Pair { a, winner, .. }, Opinion::Pair { a: first, winner: other, .. }) => {
            let turned = match other {
                Winner::A => Winner::B,
                Winner::B => Winner::A,
                Winner::Tie => Winner::Tie,
            };
            *winner == if a == first { *other } else { turned }
        }
        (one, other) => one == other,
    }
}

/// Adds the ratings of `files` to those `known`.
///
/// Within a file a reader may have changed their mind: of stars the latest count, of votes on one pair the first, since by the
/// second the names were seen. Across files, and against what is known, votes of one rater that differ are refused or
/// replaced, as `others` says.
///
/// # Errors
/// Votes that differ and are to be refused; the message names the first of them.
pub(crate) fn merge(known: Vec<Rating>, files: &[RatingFile], others: Others) -> Result<Merged> {
    let mut places: HashMap<Subject, usize> = known.iter().map(subject).zip(0..).collect();
    let mut merged = Merged { all: known, ..Merged::default() };
    let mut differ: Vec<(PathBuf, usize, String)> = Vec::new();
    for file in files {
        for (line, rating) in of_one_file(file, &mut merged) {
            let subject = subject(rating);
            let Some(&place) = places.get(&subject) else {
                places.insert(subject, merged.all.len());
                merged.all.push(rating.clone());
                merged.new += 1;
                continue;
            };
            let kept = &mut merged.all[place];
            if agree(kept, rating) {
                continue;
            }
            if others == Others::Refused {
                differ.push((file.path.clone(), line, rating.rater.clone()));
            } else if moment(kept) <= moment(rating) {
                *kept = rating.clone();
                merged.replaced += 1;
            } else {
                merged.left_out += 1;
            }
        }
    }
    match differ.first() {
        None => Ok(merged),
        Some((file, line, rater)) => Err(Error::Line {
            file: file.clone(),
            line: *line,
            problem: format!(
                "`{rater}` has judged this otherwise before ({} that differ: nothing was merged)",
                match differ.len() {
                    1 => "1 vote".into(),
                    votes => format!("{votes} votes"),
                },
            ),
            help: "two people: merge the second one's file with `--rater NAME`; one person who thought again: `--replace`, and the later vote counts".into(),
        }),
    }
}

/// The votes of one file that count, with their lines.
fn of_one_file<'f>(file: &'f RatingFile, merged: &mut Merged) -> Vec<(usize, &'f Rating)> {
    let mut counting: Vec<(usize, &Rating)> = Vec::new();
    let mut places: HashMap<Subject, usize> = HashMap::new();
    for (line, rating) in &file.ratings {
        let place = *places.entry(subject(rating)).or_insert(counting.len());
        let Some(kept) = counting.get_mut(place) else {
            counting.push((*line, rating));
            continue;
        };
        let is_later = moment(kept.1) <= moment(rating);
        let counts = is_later == rating.stars().is_some();
        if !agree(kept.1, rating) {
            *(if rating.stars().is_some() { &mut merged.replaced } else { &mut merged.left_out }) += 1;
        }
        if counts {
            *kept = (*line, rating);
        }
    }
    counting
}
#[cfg(test)]
mod tests;
