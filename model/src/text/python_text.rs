//! Numbers, texts and dates as Python writes them, where Rust or Jinja's port writes them otherwise.

use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value, escape_formatter};

/// A number's `repr`: `1e+20`, `1.0`; the shortest digits that give it back, with an exponent below 1e-4 and from 1e16 on.
pub(crate) fn float(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".into() } else { format!("{value}") };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let power: i32 = exponent.parse().expect("an exponent is a number");
    if value == 0.0 || (-4..16).contains(&power) {
        let plain = value.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// Writes what `{{ … }}` gives: numbers with a fraction as Python does, all else as the engine does.
pub(crate) fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match fraction(value) {
        Some(number) => Ok(out.write_str(&float(number))?),
        None => escape_formatter(out, state, value),
    }
}

/// The filter `string`.
pub(crate) fn string(value: Value) -> Value {
    match fraction(&value) {
        Some(number) => float(number).into(),
        None if value.kind() == ValueKind::String => value,
        None => value.to_string().into(),
    }
}

/// A number that is not an integer by type.
fn fraction(value: &Value) -> Option<f64> {
    (value.kind() == ValueKind::Number && !value.is_integer()).then(|| f64::try_from(value.clone()).ok()).flatten()
}

/// The filters `e` and `escape`: what HTML cannot hold, in the words of Python's `markupsafe`.
pub(crate) fn escape(value: Value) -> Value {
    if value.is_safe() { value } else { force_escape(value) }
}

/// The filter `forceescape`: [`escape`], though it was done before.
pub(crate) fn force_escape(value: Value) -> Value {
    let text = string(value).to_string();
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&#34;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    Value::from_safe_string(safe)
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        let cases = [
            (1e20, "1e+20"),
            (1.5e-7, "1.5e-07"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
            (1e300, "1e+300"),
        ];
        for (value, text) in cases {
            assert_eq!(float(value), text);
        }
    }
}
