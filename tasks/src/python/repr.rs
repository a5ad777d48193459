//! Python's `str` and `repr` of values, which is how Jinja2 prints lists, `None` and `True`.

use std::fmt::{Result, Write};

use serde_json::Value;

/// `str(value)`: strings as they are, everything else as [`write_value`] writes it.
pub(crate) fn write_str(out: &mut impl Write, value: &Value) -> Result {
    match value {
        Value::String(text) => out.write_str(text),
        other => write_value(out, other),
    }
}

/// `repr(value)`.
pub(crate) fn write_value(out: &mut impl Write, value: &Value) -> Result {
    match value {
        Value::Null => out.write_str("None"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                out.write_str(if index == 0 { "" } else { ", " })?;
                write_value(out, item)?;
            }
            out.write_char(']')
        }
        Value::Object(entries) => {
            out.write_char('{')?;
            for (index, (key, item)) in entries.iter().enumerate() {
                out.write_str(if index == 0 { "" } else { ", " })?;
                write_text(out, key)?;
                out.write_str(": ")?;
                write_value(out, item)?;
            }
            out.write_char('}')
        }
    }
}

/// Python writes an exponent with a sign and two digits, and uses one from 1e16 on and below 1e-4.
fn write_number(out: &mut impl Write, number: &serde_json::Number) -> Result {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return write!(out, "{number}") };
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        return write!(out, "{digits}e{sign}{exponent:0>2}");
    }
    write!(out, "{float:?}")
}

fn write_text(out: &mut impl Write, text: &str) -> Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            _ if c == quote => write!(out, "\\{c}")?,
            _ if is_printable(c) => out.write_char(c)?,
            _ => match c as u32 {
                code @ ..=0xff => write!(out, "\\x{code:02x}")?,
                code @ ..=0xffff => write!(out, "\\u{code:04x}")?,
                code => write!(out, "\\U{code:08x}")?,
            },
        }
    }
    out.write_char(quote)
}

/// `str.isprintable`, but for characters that no Unicode version has assigned.
fn is_printable(c: char) -> bool {
    let format = matches!(c as u32,
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe000..=0xf8ff | 0xe_0001..=0xe_007f | 0xf_0000..);
    c == ' ' || !(c.is_control() || c.is_whitespace() || format)
}

#[cfg(test)]
mod tests {
    use super::write_value;
    use serde_json::json;

    #[test]
    fn values_print_as_in_python() {
        // Right sides by CPython 3.11.
        let cases = [
            (json!(["a", "it's", "\"it's\"", "x\ny\u{a0}"]), r#"['a', "it's", '"it\'s"', 'x\ny\xa0']"#),
            (json!({"a": [null, true, 1, 1.5]}), "{'a': [None, True, 1, 1.5]}"),
            (json!([1e16, 1e-5, 123_456.0, 0.0001, 2.5e300]), "[1e+16, 1e-05, 123456.0, 0.0001, 2.5e+300]"),
            (json!("\u{200b}\u{1f600}"), "'\\u200b\u{1f600}'"),
        ];
        for (value, expected) in cases {
            let mut out = String::new();
            write_value(&mut out, &value).unwrap();
            assert_eq!(out, expected);
        }
    }
}
