//! The one door through which YAML comes in: run files, task files and prompt packs.
//!
//! Whatever is wrong is said with file, line, column, the text around it and the nearest known key. Documents whose
//! aliases multiply ("bombs") are refused before anything of them is kept in memory.

use std::path::Path;

use miette::NamedSource;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result, YamlError};
use crate::nearest::nearest;
use crate::text;
use first::{First, Tags};

pub mod count;
mod excerpt;
mod first;
mod kind;
mod merge;
mod place;
mod scalar;
mod written;

pub use kind::Kind;
pub use place::{Step, refuse};
pub use scalar::scalar;
pub(crate) use written::written;

/// Larger than any task file, far smaller than memory.
const MAX_BYTES: usize = 4 << 20;
/// A document may hold so many values, those that its aliases repeat included.
const MAX_VALUES: usize = 1_000_000;
/// Stands between a message and its mend where an error passes through serde, which has room for one text.
const MEND: &str = "\u{1f}";
/// The mend for a template that YAML takes for something else.
pub(crate) const QUOTES: &str = "put quotes round it, as in `\"{{ column }}\"`";

/// An error for serde that brings its own mend.
pub fn told<E: serde::de::Error>(problem: &str, mend: &str) -> E {
    E::custom(format!("{problem}{MEND}{mend}"))
}

/// Reads `T` from the YAML file at `path`.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    parse(&path.display().to_string(), &text::read(path)?)
}

/// Reads `T` from YAML text; `name` is what messages call the file.
pub fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    parse_with(name, text, Tags::None)
}

/// Reads `T` from a task file, in which `!function` may stand: it is refused later, with what to write instead.
pub(crate) fn parse_task<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    parse_with(name, text, Tags::Function)
}

fn parse_with<T: DeserializeOwned>(name: &str, text: &str, tags: Tags) -> Result<T> {
    let size = |problem: String, help: &str| Error::YamlSize { file: name.into(), problem, help: help.into() };
    if text.len() > MAX_BYTES {
        let problem = format!("{} bytes of YAML, at most {MAX_BYTES} are read", text.len());
        return Err(size(problem, "is this the file that was meant?"));
    }
    let (first, looked) = First::look(text, MAX_VALUES, tags);
    if let Err(error) = looked {
        if first.is_full() || error.to_string().contains("repetition limit") {
            let problem = format!("its aliases (`*name`) unfold to more than {MAX_VALUES} values");
            return Err(size(problem, "write out what is meant, or repeat less of it"));
        }
        return Err(explain(name, text, &error).into());
    }
    if first.merges() {
        return merge::read(name, text);
    }
    serde_yaml::from_str(text).map_err(|error| explain(name, text, &error).into())
}

/// The error with its place in the text and, for a name that is not known, the nearest known one.
fn explain(name: &str, text: &str, error: &serde_yaml::Error) -> YamlError {
    let (problem, place) = located(error);
    if problem.contains("more than one document") {
        let second = text.lines().enumerate().filter(|(_, line)| line.starts_with("---")).map(|(index, _)| index + 1);
        let line = second.filter(|line| *line > 1).last().unwrap_or(1);
        let mut error = worded(name, text, (line, 1), "the file holds more than one document".into());
        error.help = "keep one; a line `---` begins the next, which wants a file of its own".into();
        return error;
    }
    if problem.contains("EOF while parsing") {
        let mut error = worded(name, text, place, "the file is empty".into());
        error.help = "is this the file that was meant?".into();
        return error;
    }
    if problem.contains("recursion limit") {
        let mut error = worded(name, text, place, "lists and maps are nested too deep".into());
        error.help = "is this the file that was meant? Nothing here needs more than a few levels".into();
        return error;
    }
    let syntax = ["did not find expected", "while parsing", "while scanning", "cannot start any token", "not allowed"];
    let mut explained = worded(name, text, place, problem);
    if syntax.iter().any(|words| explained.problem.contains(words))
        && let Some(place) = unquoted(text, explained.line)
    {
        (explained.line, explained.column) = place;
        explained.span = excerpt::span(text, place.0, place.1);
        explained.text = NamedSource::new(name, excerpt::of(text, place.0, place.1));
        explained.help = format!("`{{{{ … }}}}` and `{{% … %}}` are not text in YAML: {QUOTES}");
    }
    explained
}

/// What the parser says, and where: line and column, from 1.
fn located(error: &serde_yaml::Error) -> (String, (usize, usize)) {
    let place = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    let full = error.to_string();
    match full.rfind(" at line ") {
        Some(end) if full[end..].contains("column") => (full[..end].to_owned(), place),
        _ => (full, place),
    }
}

/// So many known names are listed where none is near.
const FEW: usize = 6;

/// The error at a place; a message about an unknown name, as serde words it, is pointed at that name and mended.
fn worded(name: &str, text: &str, (line, column): (usize, usize), problem: String) -> YamlError {
    let (problem, told) = match problem.split_once(MEND) {
        Some((problem, mend)) => (problem.to_owned(), Some(mend.to_owned())),
        None => (problem, None),
    };
    let problem = match problem.split_once(", expected struct ") {
        Some((found, _)) => format!("{found}, expected keys and their values"),
        None => problem,
    };
    let quoted: Vec<&str> = problem.split('`').skip(1).step_by(2).collect();
    let unknown = told.is_none() && (problem.contains("unknown field") || problem.contains("unknown variant"));
    let key = if unknown { quoted.first().copied() } else { None };
    let help = match key.and_then(|key| nearest(key, quoted.iter().skip(1).copied())) {
        Some(known) => format!("did you mean `{known}`?"),
        None if unknown => {
            let known: Vec<String> = quoted.iter().skip(1).map(|known| format!("`{known}`")).collect();
            let few = (1..=FEW).contains(&known.len());
            format!("remove it, or use one of {}", if few { known.join(", ") } else { "the known names".into() })
        }
        None if ["as u128", "as i128", "JSON number out of range"].iter().any(|words| problem.contains(words)) => {
            "so large a number is not read; put quotes round it where it is meant as text".into()
        }
        None if problem.contains("invalid type: map, expected a") => {
            format!("a map begins with `{{`; for text, {QUOTES}")
        }
        None if problem.ends_with("expected keys and their values") => "write `{key: value}`, or one key a line".into(),
        None if problem.contains("missing field") => match quoted.last() {
            Some(key) => format!("add the key, as in `{key}: …`"),
            None => "add the key".into(),
        },
        None if problem.contains("expected ") && problem.contains("invalid ") => {
            "write here what the message expects".into()
        }
        None => "mend the line above; YAML wants spaces, not tabs, and quotes round text with `: `, `#` or `{`".into(),
    };
    // The parser points at the table that holds an unknown key; the reader wants the key itself.
    let (line, column) = key.and_then(|key| find_key(text, key, line)).unwrap_or((line, column));
    let problem = match problem.find(", expected ") {
        Some(end) if unknown => problem[..end].to_owned(),
        _ => in_words(&problem),
    };
    YamlError {
        file: name.into(),
        line,
        column,
        problem: excerpt::shortened(&problem),
        help: told.unwrap_or(help),
        span: excerpt::span(text, line, column),
        text: NamedSource::new(name, excerpt::of(text, line, column)),
    }
}

/// The message without names of our own types: `struct RunFile` is a table of keys.
fn in_words(problem: &str) -> String {
    let Some((before, after)) = problem.split_once("expected struct ") else { return problem.to_owned() };
    let rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    format!("{before}expected a table of keys{rest}")
}

/// Where a template begins a value without quotes, in the line of a parser's error or shortly before it.
fn unquoted(text: &str, line: usize) -> Option<(usize, usize)> {
    let begins = |line: &str| {
        line.match_indices("{{").chain(line.match_indices("{%")).map(|(at, _)| at).find(|at| {
            let before = line[..*at].trim_end();
            before.is_empty() || before.ends_with([':', '-', '[', ',', '{'])
        })
    };
    let near = text.lines().enumerate().take(line).skip(line.saturating_sub(5));
    near.filter_map(|(index, text)| Some((index + 1, text[..begins(text)?].chars().count() + 1))).last()
}

/// Line and column of the first `key:` at or after `from_line`, all from 1; before it when there is none after.
fn find_key(text: &str, key: &str, from_line: usize) -> Option<(usize, usize)> {
    let is_key = |line: &str, at: usize| {
        let before = line[..at].trim_end_matches(['"', '\'']).chars().next_back();
        let after = line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
        after.starts_with(':') && before.is_none_or(|c| c.is_whitespace() || "{,-".contains(c))
    };
    let places = text.lines().enumerate().filter_map(|(index, line)| {
        let at = line.match_indices(key).map(|(at, _)| at).find(|at| is_key(line, *at))?;
        Some((index + 1, line[..at].chars().count() + 1))
    });
    let places: Vec<_> = places.collect();
    places.iter().find(|(line, _)| *line >= from_line).or(places.last()).copied()
}
#[cfg(test)]
mod tests;
