//! Methods of Python's strings that chat templates call, beside those that the engine's own port knows.

use minijinja::value::{Kwargs, Tuple, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat;

use super::tokenizer::is_python_space;

/// Calls `method` of a value.
///
/// # Errors
/// The method is not known, or its arguments are wrong.
pub(crate) fn call(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match value.as_str().map(|text| string_method(state, text, method, args)) {
        Some(Ok(Some(result))) => Ok(result),
        Some(Err(error)) => Err(error),
        _ => pycompat::unknown_method_callback(state, value, method, args),
    }
}

/// `None` for a method that is left to the engine's port.
fn string_method(state: &State, text: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "title" => {
            let () = from_args(args)?;
            title(text).into()
        }
        "swapcase" => {
            let () = from_args(args)?;
            let swap = |c: char| -> String {
                if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
            };
            text.chars().map(swap).collect::<String>().into()
        }
        "split" => split(text, args, pieces)?,
        "rsplit" => split(text, args, pieces_from_end)?,
        "partition" => parts(text, args, |text, sep| text.split_once(sep), |text| [text, "", ""])?,
        "rpartition" => parts(text, args, |text, sep| text.rsplit_once(sep), |text| ["", "", text])?,
        "index" | "rindex" => {
            let (part,): (&str,) = from_args(args)?;
            let at = if method == "index" { text.find(part) } else { text.rfind(part) };
            let at =
                at.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("{method}: `{part}` is not there")))?;
            text[..at].chars().count().into()
        }
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            text.strip_prefix(prefix).unwrap_or(text).into()
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            text.strip_suffix(suffix).unwrap_or(text).into()
        }
        "strip" | "lstrip" | "rstrip" => {
            let (chars,): (Option<&str>,) = from_args(args)?;
            let goes = |c: char| chars.map_or_else(|| is_python_space(c), |chars| chars.contains(c));
            let text = if method == "rstrip" { text } else { text.trim_start_matches(goes) };
            if method == "lstrip" { text } else { text.trim_end_matches(goes) }.into()
        }
        "center" | "ljust" | "rjust" | "zfill" => padded(state, text, method, args)?,
        _ => return Ok(None),
    }))
}

/// A capital after everything that has no case, small letters after letters.
fn title(text: &str) -> String {
    let (mut titled, mut inside) = (String::with_capacity(text.len()), false);
    for c in text.chars() {
        if inside {
            titled.extend(c.to_lowercase());
        } else {
            let mut upper = c.to_uppercase();
            titled.extend(upper.next());
            titled.extend(upper.flat_map(char::to_lowercase));
        }
        inside = c.is_lowercase() || c.is_uppercase();
    }
    titled
}

/// `split(sep=None, maxsplit=-1)` and its twin from the end, by a function of separator and greatest number of pieces.
fn split(
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

fn pieces(text: &str, sep: Option<&str>, most: usize) -> Vec<String> {
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

fn pieces_from_end(text: &str, sep: Option<&str>, most: usize) -> Vec<String> {
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
fn parts<'t>(
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

/// `center`, `ljust`, `rjust` and `zfill`.
fn padded(state: &State, text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let (width, fill): (usize, Option<char>) = from_args(args)?;
    let missing = width.saturating_sub(text.chars().count());
    state.consume_fuel((missing / 16) as u64)?; // a wide pad is paid for before it is made
    let pad = |count: usize| fill.unwrap_or(if method == "zfill" { '0' } else { ' ' }).to_string().repeat(count);
    Ok(match method {
        "ljust" => format!("{text}{}", pad(missing)),
        "rjust" => format!("{}{text}", pad(missing)),
        "zfill" => {
            let sign = text.len() - text.trim_start_matches(['+', '-']).len();
            let (sign, digits) = text.split_at(sign.min(1));
            format!("{sign}{}{digits}", pad(missing))
        }
        _ => {
            let left = missing / 2 + (missing & width & 1); // as Python rounds
            format!("{}{text}{}", pad(left), pad(missing - left))
        }
    }
    .into())
}
