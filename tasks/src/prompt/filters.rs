//! What templates may call: Python's methods on values, and filters that stand for Python code of published tasks.

use std::sync::LazyLock;

use minijinja::value::{ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use regex::Regex;

use super::regex_replace::RegexReplace;
use crate::python;

/// Makes an environment know all of them.
pub(super) fn register(env: &mut Environment<'static>) {
    env.set_unknown_method_callback(method);
    env.add_filter("wikihow_text", |text: &str| wikihow_text(text));
    let replace = RegexReplace::default();
    env.add_filter("regex_replace", move |text: &str, pattern: &str, with: &str, count: Option<usize>| {
        replace.apply(text, pattern, with, count.unwrap_or(0))
    });
}

/// Python's methods. Those that minijinja-contrib has are used as they are, where they do the same as CPython.
fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        match (name, args) {
            ("strip", []) => return Ok(python::strip(text).into()),
            ("lstrip", []) => return Ok(python::lstrip(text).into()),
            ("rstrip", []) => return Ok(python::rstrip(text).into()),
            ("capitalize", []) => return Ok(python::capitalize(text).into()),
            ("index", _) => {
                let (part,): (&str,) = from_args(args)?;
                let at = text.find(part).ok_or_else(|| not_in(part, "the text"))?;
                return Ok(text[..at].chars().count().into());
            }
            _ => {}
        }
    }
    if name == "index" && matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        let (item,): (Value,) = from_args(args)?;
        let at = value.try_iter()?.position(|other| other == item);
        return at.map(Value::from).ok_or_else(|| not_in(&item.to_string(), &format!("{value}")));
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}

fn not_in(item: &str, whole: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("`{item}` is not in {whole}"))
}

/// HellaSwag's cleaning: markers of WikiHow's layout go, as in lm-evaluation-harness.
///
/// White space at the ends goes first, ` [title]` becomes a full stop, other bracketed markers go, then each pair of
/// spaces becomes one, once: what is left at the ends or was three spaces stays.
fn wikihow_text(text: &str) -> String {
    static MARKER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[.*?\]").expect("the pattern is a constant"));
    let text = python::strip(text).replace(" [title]", ". ");
    MARKER.replace_all(&text, "").replace("  ", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regex_replace_speaks_python() {
        let replace = RegexReplace::default();
        // Right sides by CPython's re.sub.
        let cases = [
            ("(  a b )", r"\(\s*([^)]*?)\s*\)", r"(\1)", 0, "(a b)"),
            ("aaa", "a", "$b", 2, "$b$ba"),
            ("x1", r"(?P<n>\d)", r"<\g<n>>", 0, "x<1>"),
        ];
        for (text, pattern, with, count, expected) in cases {
            assert_eq!(replace.apply(text, pattern, with, count).unwrap(), expected);
        }
        assert!(replace.apply("a", "(?=a)", "", 0).is_err());
    }
}
