//! How checkpoints are named: `checkpoint-{step}`, `step{step}-tokens{tokens}`, `epoch=*-step={step}`, `iter_{step}/hf`,
//! `[stage{stage}-]step{step}`, `step{step}-seed-{seed}`, `hf_ckpt/{tokens}`, `ckpt_{index}`.
//!
//! A pattern is compiled once and matched against names; what a name tells comes out as [`Named`]. A new field is a variant of
//! [`Field`] with its line in [`FIELDS`], and a member of [`Named`].

mod fit;
mod named;
mod names;
pub(super) mod number;

pub(crate) use named::{Label, Named};
pub(crate) use names::Names;

use std::fmt;

use fit::{End, all_fits, fits};
use number::{Unit, Units};

/// More would make a match that takes forever.
const MOST_STARS: usize = 4;

/// What a name can tell, and how a pattern writes it.
const FIELDS: [(&str, Field); 8] = [
    ("{step}", Field::Step),
    ("{tokens}", Field::Tokens),
    ("{words}", Field::Tokens),
    ("{samples}", Field::Tokens),
    ("{flops}", Field::Tokens),
    ("{index}", Field::Index),
    ("{stage}", Field::Stage),
    ("{seed}", Field::Seed),
];

/// A part of a name that tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The step, perhaps in thousands or millions.
    Step,
    /// Tokens seen, rounded, or what else the run counts.
    Tokens,
    /// Which of the run's checkpoints it is.
    Index,
    /// The stage of the training: a number or a word.
    Stage,
    /// What tells runs of one recipe apart: a number or a word.
    Seed,
}

impl Field {
    fn units(self) -> Units {
        match self {
            Self::Step => Units::OfSteps,
            Self::Tokens => Units::OfTokens,
            Self::Index | Self::Stage | Self::Seed => Units::None,
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
    /// A number or a word; a number in a unit of its own, or in the one that the pattern writes behind it (`{tokens}B`).
    Field(Field, Option<Unit>),
    /// `[…]`: this, or nothing.
    Maybe(Vec<Part>),
}

impl Part {
    /// Whether it ends (or begins) with a field, so that nothing tells where that ends beside another.
    fn touches(&self, edge: fn(&[Self]) -> Option<&Self>) -> bool {
        match self {
            Self::Field(..) => true,
            Self::Maybe(inner) => edge(inner).is_some_and(|part| part.touches(edge)),
            Self::Text(_) | Self::Any => false,
        }
    }
}

/// What is wrong with a pattern, as the end of a sentence that begins with it, and the mend.
type Wrong = (String, String);

/// A pattern of names, with `{step}`, `{tokens}` or `{index}` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    /// One for each folder that a name goes down.
    segments: Vec<Vec<Part>>,
    parts: Vec<Part>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the pattern, and the mend.
    pub(crate) fn new(pattern: &str) -> Result<Self, Wrong> {
        let such = || "such as \"checkpoint-{step}\"".to_owned();
        let written = |of: Field| FIELDS.iter().filter(move |(name, field)| *field == of && pattern.contains(name));
        let count = |of: Field| written(of).map(|(name, _)| pattern.matches(name).count()).sum::<usize>();
        let places = [Field::Step, Field::Tokens, Field::Index];
        if places.iter().all(|field| count(*field) == 0) {
            return Err(("must hold `{step}`, or `{tokens}` or `{index}` in its place".into(), such()));
        }
        for (name, field) in FIELDS {
            if count(field) > 1 && pattern.contains(name) {
                let what = format!("holds `{name}` more than once");
                return Err((what, "write `*` for what says the same again".into()));
            }
        }
        let varying = pattern.matches('*').count() + count(Field::Stage) + count(Field::Seed);
        if varying > MOST_STARS {
            return Err((
                format!("holds more than {MOST_STARS} `*`, stages and seeds"),
                "write more of the name".into(),
            ));
        }
        let mut segments = Vec::new();
        for segment in pattern.split('/').filter(|segment| *segment != ".") {
            if segment.is_empty() || segment == ".." {
                return Err(("is not a name below the folder".into(), such()));
            }
            let (parts, rest) = compiled(segment)?;
            if !rest.is_empty() {
                return Err(("closes a bracket that none opens".into(), BRACKETS.into()));
            }
            segments.push(parts);
        }
        let parts = segments.join(&Part::Text("/".into()));
        Ok(Self { text: pattern.into(), segments, parts })
    }

    /// The pattern, where names tell a step and perhaps tokens by it: what one file can be placed by.
    ///
    /// # Errors
    /// They tell no step, or a stage or a seed.
    pub(crate) fn of_steps_alone(self) -> Result<Self, Wrong> {
        if !self.text.contains("{step}") {
            return Err(("must hold `{step}`".into(), "such as \"checkpoint-{step}\"".into()));
        }
        match ["{stage}", "{seed}", "["].iter().find(|field| self.text.contains(**field)) {
            Some(field) => {
                Err((format!("holds `{field}`"), "write `*` for what varies, and import each branch by itself".into()))
            }
            None => Ok(self),
        }
    }

    /// Whether names only number the checkpoints.
    pub(crate) fn tells_indices(&self) -> bool {
        self.text.contains("{index}")
    }

    /// What its amounts count, where it says another word than tokens: `words` of `chck_{words}`.
    pub(crate) fn counts(&self) -> Option<&'static str> {
        let other = |(name, field): &&(&str, Field)| *field == Field::Tokens && *name != "{tokens}";
        let found = FIELDS.iter().filter(other).find(|(name, _)| self.text.contains(name));
        found.map(|(name, _)| name.trim_matches(['{', '}']))
    }

    /// How many folders a name goes down.
    pub(crate) fn depth(&self) -> usize {
        self.segments.len()
    }

    /// Whether `name` may be the folder at this depth, from 0. Hidden folders are meant only where the pattern says so.
    pub(crate) fn leads_through(&self, depth: usize, name: &str) -> bool {
        let is_meant = |first: &Part| matches!(first, Part::Text(text) if text.starts_with('.'));
        let is_hidden = name.starts_with('.') && !self.segments[depth].first().is_some_and(is_meant);
        !is_hidden && !all_fits(&self.segments[depth], name).is_empty()
    }

    /// What a name tells; nothing where the pattern does not fit, several where it fits in ways that tell different things.
    pub(crate) fn read(&self, name: &str) -> Vec<Named> {
        all_fits(&self.parts, name).into_iter().collect()
    }

    /// What the text tells where the pattern fits for the last time: of a path the innermost folder tells.
    pub(crate) fn find(&self, text: &str) -> Option<Named> {
        let starts = text.char_indices().map(|(at, _)| at).rev();
        starts.map(|at| fits(&self.parts, text, at, End::Anywhere)).find_map(|found| found.into_iter().next())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const BRACKETS: &str = "`[…]` stands for what some names lack, within the name of one folder";

/// The parts of one folder's name up to a `]` that closes what lies before, and the rest from there.
fn compiled(segment: &str) -> Result<(Vec<Part>, &str), Wrong> {
    let (mut parts, mut rest) = (Vec::<Part>::new(), segment);
    while !rest.is_empty() && !rest.starts_with(']') {
        let part = if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            Part::Any
        } else if let Some(after) = rest.strip_prefix('[') {
            let (inner, after) = compiled(after)?;
            rest = after.strip_prefix(']').ok_or_else(|| ("leaves a bracket open".to_owned(), BRACKETS.to_owned()))?;
            Part::Maybe(inner)
        } else if let Some((name, field)) = FIELDS.iter().find(|(name, _)| rest.starts_with(name)) {
            rest = &rest[name.len()..];
            let unit = field.units().at_start(rest);
            rest = unit.as_ref().map_or(rest, |unit| &rest[unit.text.len()..]);
            Part::Field(*field, unit)
        } else if rest.starts_with('{') {
            let known: Vec<String> = FIELDS.iter().map(|(name, _)| format!("`{name}`")).collect();
            let word = rest.split_inclusive('}').next().unwrap_or(rest);
            return Err((format!("holds `{word}`"), format!("a pattern knows {} and `*`", known.join(", "))));
        } else {
            let end = rest.find(['*', '{', '[', ']']).unwrap_or(rest.len());
            let text = &rest[..end];
            rest = &rest[end..];
            Part::Text(text.into())
        };
        let begins = part.touches(<[Part]>::first);
        if begins && parts.last().is_some_and(|last| last.touches(<[Part]>::last)) {
            return Err((
                "has two fields side by side".into(),
                "nothing tells where one ends: write what lies between".into(),
            ));
        }
        if part != Part::Any || parts.last() != Some(&Part::Any) {
            parts.push(part);
        }
    }
    Ok((parts, rest))
}
#[cfg(test)]
mod tests;
