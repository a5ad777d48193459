//! Python's ways to split a string.

use minijinja::value::{Kwargs, Tuple, from_args};
use minijinja::{Error, ErrorKind, Value};

use super::tokenizer::is_python_space;

/// `split(sep=None, maxsplit=-1)` and its twin from the end, by a function of separator and greatest number of pieces.
pub(super) fn split(
    text: &str,
    args: &[Value],
    pieces: impl Fn(&str, Option<&str>, usize) -> Vec<String>,
) -> Result<Value, Error> {
    let (sep, most, named): (Option<Value>, Option<i64>, Kwargs) = from_args(args)?;
    let sep = sep.or(named.get("sep")?).filter(|sep| !sep.is_none());
    let most = most.or(named.get("maxsplit")?);
    named.assert_all_used()?;
    let wrong = |what: &str| Error::new(ErrorKind::InvalidOperation, format!("split: {what}"));
    let sep = match &sep {
        None => None,
        Some(sep) => Some(sep.as_str().ok_or_else(|| wrong("the separator is not a string"))?),
    };
    if sep == Some("") {
        return Err(wrong("the separator is empty"));
    }
    let most = most.and_then(|most| usize::try_from(most).ok()).map_or(usize::MAX, |most| most.saturating_add(1));
    Ok(pieces(text, sep, most).into_iter().map(Value::from).collect())
}

pub(super) fn pieces(text: &str, sep: Option<&str>, most: usize) -> Vec<String> {
    let Some(sep) = sep else {
        let (mut found, mut rest) = (Vec::new(), text.trim_start_matches(is_python_space));
        while !rest.is_empty() {
            let end = rest.find(is_python_space).filter(|_| found.len() + 1 < most).unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
            rest = rest[end..].trim_start_matches(is_python_space);
        }
        return found;
    };
    text.splitn(most, sep).map(str::to_owned).collect()
}

pub(super) fn pieces_from_end(text: &str, sep: Option<&str>, most: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let Some(sep) = sep else {
        let mut rest = text.trim_end_matches(is_python_space);
        while !rest.is_empty() {
            let space = rest.char_indices().rev().find(|(_, c)| is_python_space(*c));
            let start = space.filter(|_| found.len() + 1 < most).map_or(0, |(at, c)| at + c.len_utf8());
            found.push(rest[start..].to_owned());
            rest = rest[..start].trim_end_matches(is_python_space);
        }
        found.reverse();
        return found;
    };
    found.extend(text.rsplitn(most, sep).map(str::to_owned));
    found.reverse();
    found
}

/// `partition` and `rpartition`: before, the separator, behind.
pub(super) fn parts<'t>(
    text: &'t str,
    args: &[Value],
    cut: impl for<'s> Fn(&'t str, &'s str) -> Option<(&'t str, &'t str)>,
    uncut: impl Fn(&'t str) -> [&'t str; 3],
) -> Result<Value, Error> {
    let (sep,): (String,) = from_args(args)?;
    if sep.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "partition: the separator is empty"));
    }
    let three = match cut(text, &sep) {
        Some((before, behind)) => [before, &sep, behind].map(Value::from),
        None => uncut(text).map(Value::from),
    };
    Ok(Value::from(Tuple::from(three)))
}
