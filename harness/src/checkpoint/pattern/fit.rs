//! Fits the parts of a pattern to a name, in every way that they fit.

use std::collections::BTreeSet;

use super::named::{Label, Named};
use super::number::{Number, number, number_in};
use super::{Field, Part};

/// Where a match may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With the text.
    OfText,
    Anywhere,
}

/// Every reading of a whole text.
pub(super) fn all_fits(parts: &[Part], text: &str) -> BTreeSet<Named> {
    fits(parts, text, 0, End::OfText)
}

/// Every reading of the text from `at` on.
pub(super) fn fits(parts: &[Part], text: &str, at: usize, end: End) -> BTreeSet<Named> {
    let mut fit = Fit { text, end, found: BTreeSet::new() };
    fit.go_on(Here { parts, at, brackets: 0, follows_text: false }, Named::default());
    // What a bracket explains is not left to a field beside it.
    let most = fit.found.iter().map(|(brackets, _)| *brackets).max();
    fit.found.into_iter().filter(|(brackets, _)| Some(*brackets) == most).map(|(_, named)| named).collect()
}

/// A search for all readings of a text.
struct Fit<'t> {
    text: &'t str,
    end: End,
    /// Readings, each with the number of brackets that it takes.
    found: BTreeSet<(usize, Named)>,
}

/// The parts that are still to be fitted, and where.
#[derive(Clone, Copy)]
struct Here<'p> {
    parts: &'p [Part],
    at: usize,
    /// How many brackets the text so far has taken.
    brackets: usize,
    /// The part before is text of the pattern, so that a number may begin in the middle of a run of digits (`v2{step}`).
    follows_text: bool,
}

impl Fit<'_> {
    fn go_on(&mut self, here: Here<'_>, so_far: Named) {
        let Some((part, parts)) = here.parts.split_first() else {
            if self.end == End::Anywhere || here.at == self.text.len() {
                self.found.insert((here.brackets, so_far));
            }
            return;
        };
        let rest = &self.text[here.at..];
        let next = |length: usize, follows_text: bool| Here { parts, at: here.at + length, follows_text, ..here };
        match part {
            Part::Text(wanted) => {
                if rest.starts_with(wanted) {
                    self.go_on(next(wanted.len(), true), so_far);
                }
            }
            Part::Any => {
                for length in lengths(rest) {
                    self.go_on(next(length, false), so_far.clone());
                }
            }
            Part::Maybe(inner) => {
                self.go_on(Here { parts, ..here }, so_far.clone());
                let with = [inner, parts].concat();
                self.go_on(Here { parts: &with, brackets: here.brackets + 1, ..here }, so_far);
            }
            Part::Field(field @ (Field::Stage | Field::Seed), _) => {
                for length in lengths(rest).filter(|length| *length > 0) {
                    let word = Some(rest[..length].to_owned());
                    let so_far = match field {
                        Field::Stage => Named { stage: word, ..so_far.clone() },
                        _ => Named { seed: word, ..so_far.clone() },
                    };
                    self.go_on(next(length, false), so_far);
                }
            }
            Part::Field(field, unit) => {
                let number = match unit {
                    Some(unit) => number_in(rest, unit),
                    None => number(rest, field.units()),
                };
                let Some(number) = number.filter(|number| self.is_whole(here, number)) else { return };
                let mut so_far = so_far;
                match field {
                    Field::Index => so_far.index = Some(number.value),
                    Field::Tokens => so_far.tokens = Some(Label { tokens: number.value, unit: number.last_digit }),
                    _ => so_far.step = Some(number.value),
                }
                self.go_on(next(number.length, false), so_far);
            }
        }
    }

    /// Whether the number that stands here is all of its digits: `*` takes no part of them.
    fn is_whole(&self, here: Here<'_>, number: &Number) -> bool {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let (before, rest) = self.text.as_bytes().split_at(here.at);
        let after = &rest[number.length..];
        let is_decimal = before.last() == Some(&b'.') && is_digit(before.iter().nth_back(1));
        let begins = here.follows_text || !is_digit(before.last()) && !is_decimal;
        let before_text = matches!(here.parts.get(1), Some(Part::Text(_)));
        let ends = before_text || number.has_unit || !(after.first() == Some(&b'.') && is_digit(after.get(1)));
        begins && ends
    }
}

/// How long a piece at the start of `rest` may be that goes down no folder, from nothing on.
fn lengths(rest: &str) -> impl Iterator<Item = usize> {
    let end = rest.find('/').unwrap_or(rest.len());
    rest[..end].char_indices().map(|(length, _)| length).chain([end])
}
