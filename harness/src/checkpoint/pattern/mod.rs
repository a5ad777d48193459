//! How checkpoints are named: `checkpoint-{step}`, `step{step}-tokens{tokens}`, `epoch=*-step={step}`, `iter_{step}/hf`.
//!
//! A pattern is compiled once and matched against names; what a name tells comes out as [`Named`]. A new field is a variant of
//! [`Field`] with its line in [`FIELDS`], and a member of [`Named`].

pub(super) mod number;

use number::{Number, Unit, Units, number, number_in};
use std::collections::BTreeSet;

/// More would make a match that takes forever.
const MOST_STARS: usize = 4;

/// What a name can tell, and how a pattern writes it.
const FIELDS: [(&str, Field); 2] = [("{step}", Field::Step), ("{tokens}", Field::Tokens)];

/// A part of a name that tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The step, perhaps in thousands or millions.
    Step,
    /// Tokens seen, rounded.
    Tokens,
}

impl Field {
    fn units(self) -> Units {
        match self {
            Self::Step => Units::OfSteps,
            Self::Tokens => Units::OfTokens,
        }
    }
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// This text.
    Text(String),
    /// `*`: anything but a `/`.
    Any,
    /// A number; in a unit of its own, or in the one that the pattern writes behind it (`{tokens}B`).
    Field(Field, Option<Unit>),
}

/// A pattern of names, with `{step}` in it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// One for each folder that a name goes down.
    segments: Vec<Vec<Part>>,
    parts: Vec<Part>,
}

/// Tokens as a name prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The printed number.
    pub tokens: u64,
    /// One unit of its last digit: it is good to so much (`4B` to a billion, `16.78B` to ten million).
    pub unit: u64,
}

impl Label {
    /// Whether tokens that are known better may be printed so.
    pub fn allows(self, tokens: u64) -> bool {
        self.tokens.abs_diff(tokens) <= self.unit
    }
}

/// What a name tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The step.
    pub step: u64,
    /// Tokens seen, where the name tells.
    pub tokens: Option<Label>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the pattern, and the mend.
    pub fn new(pattern: &str) -> Result<Self, (String, String)> {
        let such = || "such as \"checkpoint-{step}\"".to_owned();
        if pattern.matches("{step}").count() != 1 {
            return Err(("must hold `{step}` once".into(), such()));
        }
        if pattern.matches("{tokens}").count() > 1 {
            return Err(("holds `{tokens}` more than once".into(), "write `*` for what says the same again".into()));
        }
        if pattern.matches('*').count() > MOST_STARS {
            return Err((format!("holds more than {MOST_STARS} `*`"), "write more of the name".into()));
        }
        let mut segments = Vec::new();
        for segment in pattern.split('/').filter(|segment| *segment != ".") {
            if segment.is_empty() || segment == ".." {
                return Err(("is not a name below the folder".into(), such()));
            }
            segments.push(compiled(segment)?);
        }
        let parts = segments.join(&Part::Text("/".into()));
        Ok(Self { segments, parts })
    }

    /// How many folders a name goes down.
    pub fn depth(&self) -> usize {
        self.segments.len()
    }

    /// Whether `name` may be the folder at this depth, from 0. Hidden folders are meant only where the pattern says so.
    pub fn leads_through(&self, depth: usize, name: &str) -> bool {
        let is_meant = |first: &Part| matches!(first, Part::Text(text) if text.starts_with('.'));
        let is_hidden = name.starts_with('.') && !self.segments[depth].first().is_some_and(is_meant);
        !is_hidden && !all_fits(&self.segments[depth], name).is_empty()
    }

    /// What a name tells; nothing where the pattern does not fit, several where it fits in ways that tell different things.
    pub fn read(&self, name: &str) -> Vec<Named> {
        all_fits(&self.parts, name).into_iter().collect()
    }

    /// What the text tells where the pattern fits for the last time: of a path the innermost folder tells.
    pub fn find(&self, text: &str) -> Option<Named> {
        let starts = text.char_indices().map(|(at, _)| at).rev();
        starts.map(|at| fits(&self.parts, text, at, End::Anywhere)).find_map(|found| found.into_iter().next())
    }
}

/// The parts of one folder's name.
fn compiled(segment: &str) -> Result<Vec<Part>, (String, String)> {
    let (mut parts, mut rest) = (Vec::new(), segment);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('*') {
            if parts.last() != Some(&Part::Any) {
                parts.push(Part::Any);
            }
            rest = after;
        } else if let Some((name, field)) = FIELDS.iter().find(|(name, _)| rest.starts_with(name)) {
            if let Some(Part::Field(..)) = parts.last() {
                return Err((
                    "has two numbers side by side".into(),
                    "nothing tells where one ends: write what lies between".into(),
                ));
            }
            rest = &rest[name.len()..];
            let unit = field.units().at_start(rest);
            rest = unit.as_ref().map_or(rest, |unit| &rest[unit.text.len()..]);
            parts.push(Part::Field(*field, unit));
        } else if rest.starts_with('{') {
            let known: Vec<String> = FIELDS.iter().map(|(name, _)| format!("`{name}`")).collect();
            let word = rest.split_inclusive('}').next().unwrap_or(rest);
            return Err((format!("holds `{word}`"), format!("a pattern knows {} and `*`", known.join(", "))));
        } else {
            let end = rest.find(['*', '{']).unwrap_or(rest.len());
            parts.push(Part::Text(rest[..end].into()));
            rest = &rest[end..];
        }
    }
    Ok(parts)
}

/// Where a match may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the text.
    OfText,
    Anywhere,
}

fn all_fits(parts: &[Part], text: &str) -> BTreeSet<Named> {
    fits(parts, text, 0, End::OfText)
}

/// Every reading of the text from `at` on.
fn fits(parts: &[Part], text: &str, at: usize, end: End) -> BTreeSet<Named> {
    let mut fit = Fit { text, end, found: BTreeSet::new() };
    fit.go_on(Here { parts, at, follows_text: false }, Named::default());
    fit.found
}

/// A search for all readings of a text.
struct Fit<'t> {
    text: &'t str,
    end: End,
    found: BTreeSet<Named>,
}

/// The parts that are still to be fitted, and where.
#[derive(Clone, Copy)]
struct Here<'p> {
    parts: &'p [Part],
    at: usize,
    /// The part before is text of the pattern, so that a number may begin in the middle of a run of digits (`v2{step}`).
    follows_text: bool,
}

impl Fit<'_> {
    fn go_on(&mut self, here: Here<'_>, so_far: Named) {
        let Some((part, parts)) = here.parts.split_first() else {
            if self.end == End::Anywhere || here.at == self.text.len() {
                self.found.insert(so_far);
            }
            return;
        };
        let rest = &self.text[here.at..];
        let next = |length: usize, follows_text: bool| Here { parts, at: here.at + length, follows_text };
        match part {
            Part::Text(wanted) => {
                if rest.starts_with(wanted) {
                    self.go_on(next(wanted.len(), true), so_far);
                }
            }
            Part::Any => {
                let ends = rest.char_indices().map(|(length, _)| length).chain([rest.len()]);
                for length in ends.take_while(|length| !rest[..*length].contains('/')) {
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
                    Field::Step => so_far.step = number.value,
                    Field::Tokens => so_far.tokens = Some(Label { tokens: number.value, unit: number.last_digit }),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn label(tokens: u64, unit: u64) -> Label {
        Label { tokens, unit }
    }

    #[test]
    fn names_tell_step_and_tokens() {
        let billion = 1_000_000_000;
        let cases = [
            ("checkpoint-{step}", "checkpoint-1500", Some((1500, None))),
            ("checkpoint-{step}", "checkpoint-01500", Some((1500, None))),
            ("checkpoint-{step}", "checkpoint-1500-merged", None),
            ("checkpoint-{step}", "checkpoint-", None),
            ("step-{step}", "step-500k", Some((500_000, None))),
            ("step-{step}", "step-1.5M", Some((1_500_000, None))),
            ("step-{step}k", "step-500k", Some((500_000, None))),
            ("step-{step}k", "step-500", None),
            ("step{step}-tokens*", "step1000-tokens4B", Some((1000, None))),
            ("step{step}-tokens{tokens}", "step1000-tokens4B", Some((1000, Some(label(4 * billion, billion))))),
            ("step{step}-tokens{tokens}B", "step1000-tokens4B", Some((1000, Some(label(4 * billion, billion))))),
            (
                "step{step}-tokens{tokens}B",
                "step1000-tokens4.19B",
                Some((1000, Some(label(4_190_000_000, 10_000_000)))),
            ),
            ("step{step}-tokens{tokens}B", "step1000-tokens4M", None),
            ("step{step}-tokens{tokens}", "step1000-tokens4194304", Some((1000, Some(label(4_194_304, 1))))),
            ("*-step-{step}-{tokens}", "x-1.1B-step-50K-105b", Some((50_000, Some(label(105 * billion, billion))))),
            ("epoch=*-step={step}", "epoch=12-step=1000", Some((1000, None))),
            ("epoch=*-step={step}.ckpt", "epoch=0-step=1000.ckpt", Some((1000, None))),
            ("*{step}", "run-1000", Some((1000, None))),
            ("*{step}", "v1.1000", None), // a decimal is not a step
            ("{step}*", "1000-x", Some((1000, None))),
            ("{step}*", "1.5-x", None),
            ("run2{step}", "run21000", Some((1000, None))),
            ("iter_{step}/hf", "iter_0001000/hf", Some((1000, None))),
            ("*/step{step}", "a/b/step1", None),
        ];
        for (pattern, name, wanted) in cases {
            let read = Pattern::new(pattern).unwrap().read(name);
            let wanted: Vec<Named> = wanted.into_iter().map(|(step, tokens)| Named { step, tokens }).collect();
            assert_eq!(read, wanted, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_name_that_fits_in_several_ways_says_so() {
        let read = Pattern::new("*{step}*").unwrap().read("2026-01-02_step1000");
        assert_eq!(read.iter().map(|named| named.step).collect::<Vec<_>>(), [1, 2, 1000, 2026]);
        assert_eq!(Pattern::new("*step{step}*").unwrap().read("2026-01-02_step1000").len(), 1);
    }

    #[test]
    fn steps_are_found_in_texts() {
        let found = |pattern: &str, text| Pattern::new(pattern).unwrap().find(text).map(|named| named.step);
        assert_eq!(found("checkpoint-{step}", "runs/a/checkpoint-1500/results.json"), Some(1500));
        assert_eq!(found("revision=step{step}", "pretrained=a/b,revision=step0042,dtype=float32"), Some(42));
        assert_eq!(found("revision=step{step}", "pretrained=a/b,revision=step500k,dtype=float32"), Some(500_000));
        assert_eq!(found("step{step}-tokens", "step10-tokens2B"), Some(10));
        assert_eq!(found("step{step}-tokens", "step10"), None);
        assert_eq!(found("{step}", "run-7/ckpt_900"), Some(900));
        assert_eq!(found("step{step}", "steps"), None);
        let named = Pattern::new("step{step}-tokens{tokens}").unwrap().find("a/step10-tokens2B/results.json").unwrap();
        assert_eq!(named, Named { step: 10, tokens: Some(label(2_000_000_000, 1_000_000_000)) });
    }

    #[test]
    fn patterns_that_say_nothing_are_refused() {
        let wrong = |pattern: &str| Pattern::new(pattern).unwrap_err().0;
        assert_eq!(wrong("checkpoint"), "must hold `{step}` once");
        assert_eq!(wrong("{step}-{step}"), "must hold `{step}` once");
        assert_eq!(wrong("{step}{tokens}"), "has two numbers side by side");
        assert_eq!(wrong("{step}-{tokns}"), "holds `{tokns}`");
        assert_eq!(wrong("/{step}"), "is not a name below the folder");
        assert_eq!(wrong("{step}-*-*-*-*-*"), "holds more than 4 `*`");
    }

    #[test]
    fn a_label_is_good_to_its_last_digit() {
        let four = label(4_000_000_000, 1_000_000_000);
        assert!(four.allows(4_194_304_000) && four.allows(5_000_000_000) && !four.allows(5_000_000_001));
        let exact = label(4_194_304, 1);
        assert!(exact.allows(4_194_304) && !exact.allows(4_194_306));
    }
}
