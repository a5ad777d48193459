//! Methods of Python's strings that chat templates call, beside those that the engine's own port knows.

use minijinja::value::from_args;
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat;

use super::python_split::{parts, pieces, pieces_from_end, split};
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
