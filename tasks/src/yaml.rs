//! The one door through which YAML comes in: run files, task files and prompt packs.
//!
//! Whatever is wrong is said with file, line, column, the text around it and the nearest known key. Documents whose
//! aliases multiply ("bombs") are refused before anything of them is kept in memory.

use std::cell::Cell;
use std::fmt;
use std::path::Path;

use miette::{NamedSource, SourceSpan};
use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::error::{Error, Result, YamlError};
use crate::nearest::nearest;

mod place;
pub(crate) use place::{Step, refuse};

/// Larger than any task file, far smaller than memory.
const MAX_BYTES: usize = 4 << 20;
/// A document may hold so many values, those that its aliases repeat included.
const MAX_VALUES: usize = 1_000_000;

/// Reads `T` from the YAML file at `path`.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    parse(&path.display().to_string(), &text(path)?)
}

/// The text of the file at `path`, which must be UTF-8.
pub(crate) fn text(path: &Path) -> Result<String> {
    String::from_utf8(fs_err::read(path)?).map_err(|error| Error::Data {
        file: path.to_owned(),
        line: error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count(),
        message: "this is no UTF-8 text".into(),
        help: "save the file in UTF-8".into(),
    })
}

/// Reads `T` from YAML text; `name` is what messages call the file.
pub fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    if text.len() > MAX_BYTES {
        let message = format!("{} bytes of YAML, at most {MAX_BYTES} are read", text.len());
        return Err(Error::YamlSize { file: name.into(), message, help: "is this the file that was meant?".into() });
    }
    let left = Cell::new(MAX_VALUES);
    if let Err(error) = Values(&left).deserialize(serde_yaml::Deserializer::from_str(text)) {
        if left.get() == 0 || error.to_string().contains("repetition limit") {
            let message = format!("its aliases (`*name`) unfold to more than {MAX_VALUES} values");
            let help = "write out what is meant, or repeat less of it".into();
            return Err(Error::YamlSize { file: name.into(), message, help });
        }
        return Err(explain(name, text, &error).into());
    }
    serde_yaml::from_str(text).map_err(|error| explain(name, text, &error).into())
}

/// The error with its place in the text and, for a name that is not known, the nearest known one.
fn explain(name: &str, text: &str, error: &serde_yaml::Error) -> YamlError {
    let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    let full = error.to_string();
    let message = match full.rfind(" at line ") {
        Some(end) if full[end..].contains("column") => full[..end].to_owned(),
        _ => full,
    };
    worded(name, text, (line, column), message)
}

/// The error at a place; a message about an unknown name, as serde words it, is pointed at that name and mended.
fn worded(name: &str, text: &str, (line, column): (usize, usize), message: String) -> YamlError {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message.contains("unknown field") || message.contains("unknown variant");
    let key = if unknown { quoted.first().copied() } else { None };
    let help = match key.and_then(|key| nearest(key, quoted.iter().skip(1).copied())) {
        Some(known) => format!("did you mean `{known}`?"),
        None if unknown => "remove it, or use one of the known names".into(),
        None => "mend the line above; YAML wants spaces, not tabs, and quotes round text with `: `, `#` or `{`".into(),
    };
    // The parser points at the table that holds an unknown key; the reader wants the key itself.
    let (line, column) = key.and_then(|key| find_key(text, key, line)).unwrap_or((line, column));
    let message = match message.find(", expected ") {
        Some(end) if unknown => message[..end].to_owned(),
        _ => message,
    };
    let span = span(text, line, column);
    YamlError { file: name.into(), line, column, message, help, text: NamedSource::new(name, text.to_owned()), span }
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

/// The word at line and column (from 1, columns in characters).
fn span(text: &str, line: usize, column: usize) -> SourceSpan {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let skip: usize = rest.chars().take(column - 1).map(char::len_utf8).sum();
    let word = rest[skip..].find([' ', ':', ',', '}', ']']).unwrap_or(rest.len() - skip);
    SourceSpan::from((start + skip, word.max(usize::from(skip < rest.len()))))
}

/// Visits every value of a document, aliases unfolded, and keeps none; gives up when the count runs out.
#[derive(Clone, Copy)]
struct Values<'c>(&'c Cell<usize>);

impl Values<'_> {
    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        let left = self.0.get().saturating_sub(1);
        self.0.set(left);
        if left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.count()
    }
    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.count()
    }
    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.count()
    }
    fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<(), E> {
        self.count()
    }
    fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<(), E> {
        self.count()
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.count()
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        // A long text counts for its length: repeated a million times it fills memory too.
        for _ in 0..text.len() / 1024 {
            self.count()?;
        }
        self.count()
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.count()
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.count()
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        self.count()
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_key_seed(self)?.is_some() {
            entries.next_value_seed(self)?;
        }
        self.count()
    }
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let ((), content) = tagged.variant_seed(self)?;
        content.newtype_variant_seed(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only read for its place")]
        name: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only read for its place")]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read for its place")]
        shots: usize,
    }

    fn fails(text: &str) -> YamlError {
        match parse::<Sample>("sample.yaml", text).unwrap_err() {
            Error::Yaml(error) => *error,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_misspelt_key_is_placed_and_mended() {
        let error = fails("name: a\ninner:\n  shotz: 3\n");
        assert_eq!((error.line, error.column), (3, 3));
        assert!(error.help.contains("`shots`"), "{}", error.help);
        assert_eq!(error.message, "inner: unknown field `shotz`");
        assert_eq!(error.span.offset(), 17);
    }

    #[test]
    fn a_wrong_type_and_broken_yaml_are_placed() {
        let error = fails("name: a\ninner: {shots: many}\n");
        assert_eq!(error.line, 2, "{error}");
        let error = fails("name: [a\ninner: 3\n");
        assert!(error.line >= 1 && error.column >= 1, "{error}");
    }

    #[test]
    fn bombs_are_refused() {
        let mut deep = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            deep.extend([format!("a{level}: &a{level} [{inner}]\n")]);
        }
        let wide = format!("a: &a [{}]\nb: [{}]\n", vec!["1"; 3000].join(", "), vec!["*a"; 3000].join(", "));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 50_000].join(", "));
        for bomb in [deep, wide, long] {
            let error = parse::<serde_json::Value>("bomb.yaml", &bomb).unwrap_err();
            assert!(error.to_string().contains("aliases"), "{error}");
        }
    }

    #[test]
    fn honest_aliases_work() {
        let value: serde_json::Value = parse("fine.yaml", "a: &a [1, 2]\nb: *a\n").unwrap();
        assert_eq!(value["b"], serde_json::json!([1, 2]));
    }
}
