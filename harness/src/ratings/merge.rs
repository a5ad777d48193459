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
mod tests {
    use super::*;
    use std::path::Path;

    fn file(name: &str, lines: &[String]) -> RatingFile {
        RatingFile::of(Path::new(name), &lines.join("\n")).unwrap()
    }

    fn stars(rater: &str, stars: u8, time: &str) -> String {
        format!(
            r#"{{"rater":"{rater}","pack":"p","prompt":"q","variables":{{"x":1,"y":2}},"kind":"stars","at":{{"branch":"t","step":5}},"stars":{stars},"time":"{time}"}}"#
        )
    }

    fn pair(rater: &str, steps: [u64; 2], winner: &str, time: &str) -> String {
        let [a, b] = steps;
        format!(
            r#"{{"rater":"{rater}","pack":"p","prompt":"q","kind":"pair","a":{{"branch":"t","step":{a}}},"b":{{"branch":"t","step":{b}}},"winner":"{winner}","time":"{time}"}}"#
        )
    }

    fn told(known: &[RatingFile], files: &[RatingFile], others: Others) -> Result<(Vec<f64>, [usize; 3])> {
        let known = merge(Vec::new(), known, Others::Refused)?.all;
        let merged = merge(known, files, others)?;
        let value =
            |rating: &Rating| rating.stars().map(|(_, stars)| stars).or(rating.game().map(|game| game.2)).unwrap();
        Ok((merged.all.iter().map(value).collect(), [merged.new, merged.replaced, merged.left_out]))
    }

    const ONE: &str = "2026-01-01T10:00:00+05:00";
    const TWO: &str = "2026-01-01T06:00:00Z"; // an hour later, though it sorts before as a text

    #[test]
    fn a_reader_has_one_opinion_on_one_thing() {
        let cases: [(&[String], &[f64], [usize; 3]); 9] = [
            (&[stars("ann", 1, ONE), stars("ann", 5, TWO)], &[5.0], [1, 1, 0]),
            (&[stars("ann", 5, TWO), stars("ann", 1, ONE)], &[5.0], [1, 1, 0]),
            (&[stars("ann", 1, ""), stars("ann", 5, "2026-01-01")], &[5.0], [1, 1, 0]),
            (&[stars("ann", 5, "2026-01-01"), stars("ann", 1, "")], &[5.0], [1, 1, 0]),
            (&[stars("ann", 5, TWO), stars("ann", 5, ONE)], &[5.0], [1, 0, 0]),
            (&[stars("ann", 2, ONE), stars("ben", 3, ONE)], &[2.0, 3.0], [2, 0, 0]),
            (
                &[stars("ann", 2, ONE), stars("ann ", 3, TWO).replace(r#""x":1,"y":2"#, r#""y":2,"x":1"#)],
                &[3.0],
                [1, 1, 0],
            ),
            (&[pair("ann", [5, 6], "a", ONE), pair("ann", [6, 5], "a", TWO)], &[1.0], [1, 0, 1]),
            (
                &[pair("ann", [5, 6], "a", ONE), pair("ann", [6, 5], "b", TWO), pair("ann", [5, 7], "tie", TWO)],
                &[1.0, 0.5],
                [2, 0, 0],
            ),
        ];
        for (lines, values, counts) in cases {
            let read = told(&[], &[file("a", lines)], Others::Refused).unwrap();
            assert_eq!(read, (values.to_vec(), counts), "{lines:?}");
        }
    }

    #[test]
    fn other_votes_under_one_name_are_refused_unless_told() {
        let first = [file("first", &[stars("me", 1, ONE), pair("me", [5, 6], "a", ONE)])];
        let second = [file("second", &[stars("me", 4, TWO), pair("me", [6, 5], "a", TWO)])];
        let refused = told(&first, &second, Others::Refused).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "second, line 1: `me` has judged this otherwise before (2 votes that differ: nothing was merged)"
        );
        assert!(told(&[], &[first.clone(), second.clone()].concat(), Others::Refused).is_err(), "two files at once");
        assert_eq!(told(&first, &second, Others::Replace).unwrap(), (vec![4.0, 1.0], [0, 2, 0]));
        assert_eq!(told(&second, &first, Others::Replace).unwrap(), (vec![4.0, 1.0], [0, 0, 2]));
        assert_eq!(told(&first, &first, Others::Refused).unwrap(), (vec![1.0, 1.0], [0, 0, 0]), "nothing counts twice");
    }
}
