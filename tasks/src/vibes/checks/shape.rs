//! Checks on the shape of a reply: how many words, lines and list items, a single letter, a proper end.

use super::Finding;
use super::text_match::{exact, excerpt};
use crate::vibes::stop::Stop;

/// Pieces between white space that hold a letter or a digit.
pub(super) fn words(text: &str) -> usize {
    text.split_whitespace().filter(|piece| piece.chars().any(char::is_alphanumeric)).count()
}

/// Lines that are not blank.
pub(super) fn lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Lines that start as a list item does in Markdown, or with a bullet.
pub(super) fn bullets(text: &str) -> usize {
    text.lines().filter(|line| is_bullet(line.trim_start())).count()
}

fn is_bullet(line: &str) -> bool {
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if after_number.len() < line.len() {
        after_number.strip_prefix(['.', ')'])
    } else {
        line.strip_prefix(['-', '*', '+', '•', '–', '·', '◦', '▪'])
    };
    rest.is_some_and(|rest| rest.starts_with(char::is_whitespace) && !rest.trim().is_empty())
}

/// What is wrong with the bounds of a count.
pub(super) fn flaw(value: Option<usize>, min: Option<usize>, max: Option<usize>) -> Option<String> {
    match (value, min, max) {
        (None, None, None) => Some("a count needs `value`, `min` or `max`".into()),
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            Some("`value` is exact; `min` and `max` say nothing beside it".into())
        }
        (_, Some(min), Some(max)) if min > max => {
            Some(format!("`min` is {min} and `max` {max}: no count lies between"))
        }
        _ => None,
    }
}

/// A count against its bounds; outside them the score falls with the ratio to the bound that is missed.
pub(super) fn counted(what: &str, n: usize, value: Option<usize>, min: Option<usize>, max: Option<usize>) -> Finding {
    let (low, high) = (value.or(min).unwrap_or(0), value.or(max).unwrap_or(usize::MAX));
    let score = match n {
        n if n < low => n as f64 / low as f64,
        n if n > high => high as f64 / n as f64,
        _ => 1.0,
    };
    let expected = match (value, min, max) {
        (Some(value), ..) => format!("{value} {what}"),
        (_, Some(min), Some(max)) => format!("{min} to {max} {what}"),
        (_, Some(min), None) => format!("at least {min} {what}"),
        (_, None, max) => format!("at most {} {what}", max.unwrap_or(usize::MAX)),
    };
    Finding::scored(score, expected, format!("{n} {what}"))
}

/// `B`, `(b)`, `B.` and `**B**` are the letter B; `Bob` is not a single letter.
pub(super) fn single_letter(said: &str, value: Option<&str>, of: Option<&str>) -> Finding {
    let upper = |text: &str| exact(text).to_uppercase();
    let letter = upper(exact(said).trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation()));
    let allowed = upper(of.unwrap_or("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    let is_one = letter.chars().count() == 1 && allowed.contains(&letter);
    let holds = is_one && value.is_none_or(|value| upper(value.trim()) == letter);
    let expected = match value {
        Some(value) => format!("the letter `{value}` alone"),
        None => format!("one letter of `{}` alone", of.unwrap_or("A-Z")),
    };
    Finding::of(holds, expected, excerpt(said))
}

pub(super) fn ends_properly(stop: Stop) -> Finding {
    let actual = match stop {
        Stop::EndToken => "it stopped by itself",
        Stop::StopString => "it came to a stop string",
        Stop::Limit => "it ran into the limit",
    };
    Finding::of(stop != Stop::Limit, "ends by itself or at a stop string".into(), actual.into())
}
