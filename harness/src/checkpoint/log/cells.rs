//! The cells of a log as numbers. Empty is one thing, no number another: the second is an error where the column is read.

use serde_json::Value;

use super::table::shortened;

/// The largest whole number up to which a float tells all of them apart.
const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53

/// The sign before decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimals {
    /// `0.5`
    Point,
    /// `0,5`
    Comma,
}

/// Whether a cell says nothing.
pub(super) fn is_empty(cell: &Value) -> bool {
    match cell {
        Value::Null => true,
        Value::String(text) => {
            ["", "null", "none", "na", "n/a", "#n/a", "-", "--", "—"].contains(&text.trim().to_lowercase().as_str())
        }
        Value::Array(list) => list.iter().all(is_empty),
        _ => false,
    }
}

/// A learning rate or a loss; NaN and infinite where it says so.
///
/// # Errors
/// Says how a cell that is neither empty nor a number is wrong.
pub(crate) fn number(cell: &Value, decimals: Decimals) -> Result<Option<f64>, String> {
    let Some(text) = text(cell)? else { return Ok(None) };
    let told = if decimals == Decimals::Comma { text.replace(',', ".") } else { text.clone() };
    told.parse().map(Some).map_err(|_| format!("`{text}` is not a number"))
}

/// A count of steps or tokens: whole, from 0, with or without signs between its thousands; `1e3` and `1000.0` are whole.
/// NaN says nothing, as where a table of floats has a hole.
///
/// # Errors
/// Says how a cell that is neither empty nor a count is wrong.
pub(crate) fn count(cell: &Value, decimals: Decimals) -> Result<Option<u64>, String> {
    let Some(text) = text(cell)? else { return Ok(None) };
    let read = ungrouped(&text, decimals);
    if let Ok(count) = read.parse::<u64>() {
        return Ok(Some(count));
    }
    match read.parse::<f64>() {
        Ok(value) if value.is_nan() => Ok(None),
        Ok(value) if value < 0.0 => Err(format!("`{text}` is below 0")),
        Ok(value) if value > EXACT => Err(format!("`{text}` is above 2^53")),
        Ok(value) if value.fract() != 0.0 => Err(format!("`{text}` is a fraction, and a count is whole")),
        Ok(value) => Ok(Some(value as u64)),
        Err(_) => Err(format!("`{text}` is not a whole number")),
    }
}

/// A step: a [`count`], or one of a known total, `10/100`.
///
/// # Errors
/// As [`count`].
pub(crate) fn step(cell: &Value, decimals: Decimals) -> Result<Option<u64>, String> {
    match cell.as_str().and_then(|text| text.split_once('/')) {
        Some((step, all)) if all.trim().parse::<u64>().is_ok() => count(&step.into(), decimals),
        _ => count(cell, decimals),
    }
}

/// What a cell holds as text: of a list, which rates of several groups come as, the one value that all of them are.
fn text(cell: &Value) -> Result<Option<String>, String> {
    match cell {
        _ if is_empty(cell) => Ok(None),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::String(text) => Ok(Some(text.trim().trim_matches(['\'', '"']).trim().to_owned())),
        Value::Array(list) if list.iter().all(|other| *other == list[0]) => text(&list[0]),
        Value::Array(_) => Err(format!("`{}` is a list of several numbers", shortened(&cell.to_string()))),
        other => Err(format!("`{}` is not a number", shortened(&other.to_string()))),
    }
}

/// A count without the signs between its thousands: `1,000`, `1_000`, `1 000` with any kind of space, `1'000`; `1.000` where
/// decimals stand behind a comma. What is grouped otherwise stays as it is, and is not a count.
fn ungrouped(text: &str, decimals: Decimals) -> String {
    let signs: &[char] = if decimals == Decimals::Comma {
        &['.', '_', ' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '’']
    } else {
        &[',', '_', ' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '’']
    };
    if let Some(sign) = text.chars().find(|c| signs.contains(c)) {
        let groups: Vec<&str> = text.split(sign).collect();
        let is_digits = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        let in_threes =
            groups[0].len() <= 3 && !groups[0].starts_with('0') && groups[1..].iter().all(|group| group.len() == 3);
        if groups.iter().all(is_digits) && (in_threes || sign == '_') {
            return groups.concat();
        }
    }
    if decimals == Decimals::Comma { decimal(text) } else { text.to_owned() }
}

/// `1000,0` with a point; `1,000` could be a thousand as well as one, and stays.
fn decimal(text: &str) -> String {
    match text.split_once(',') {
        Some((_, decimals)) if decimals.len() != 3 && !text.contains('.') => text.replace(',', "."),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Decimals::{Comma, Point};
    use super::*;
    use serde_json::json;

    #[test]
    fn counts() {
        let read = [
            (json!(1000), 1000),
            (json!(1000.0), 1000),
            (json!("1e3"), 1000),
            (json!("1.0e9"), 1_000_000_000),
            (json!("1,228,800"), 1_228_800),
            (json!("1_000"), 1000),
            (json!("1\u{202f}000"), 1000),
            (json!("1\u{a0}000"), 1000),
            (json!("1 000"), 1000),
            (json!("1'000"), 1000),
            (json!(" 7 "), 7),
            (json!("'7'"), 7),
            (json!(0), 0),
            (json!([5]), 5),
            (json!(u64::MAX), u64::MAX),
        ];
        for (cell, wanted) in read {
            assert_eq!(count(&cell, Point), Ok(Some(wanted)), "{cell}");
        }
        for cell in [json!(null), json!(""), json!("None"), json!("N/A"), json!("nan"), json!([null])] {
            assert_eq!(count(&cell, Point), Ok(None), "{cell}");
        }
        let wrong = [
            (json!("0.7k"), "not a whole number"),
            (json!("12%"), "not a whole number"),
            (json!("1,00"), "not a whole number"),
            (json!("0,002"), "not a whole number"),
            (json!("1,000,00"), "not a whole number"),
            (json!(0.0018), "fraction"),
            (json!("-1"), "below 0"),
            (json!(true), "not a number"),
            (json!([1, 2]), "a list"),
            (json!({"a": 1}), "not a number"),
            (json!("inf"), "2^53"),
            (json!(1e300), "2^53"),
        ];
        for (cell, said) in wrong {
            assert!(count(&cell, Point).unwrap_err().contains(said), "{cell}: {:?}", count(&cell, Point));
        }
        assert_eq!((step(&json!("10/100"), Point), step(&json!(7), Point)), (Ok(Some(10)), Ok(Some(7))));
        assert!(step(&json!("10/day"), Point).is_err());
        assert_eq!(count(&json!("1.000"), Comma), Ok(Some(1000)));
        assert_eq!(count(&json!("1000,0"), Comma), Ok(Some(1000)));
        assert!(count(&json!("1,000"), Comma).is_err(), "a thousand, or one with three decimals");
    }

    #[test]
    fn numbers() {
        for (cell, decimals, wanted) in [
            (json!("2.7e-3"), Point, 0.0027),
            (json!([0.003, 0.003]), Point, 0.003),
            (json!("0,0027"), Comma, 0.0027),
            (json!("2,7e-3"), Comma, 0.0027),
            (json!("-inf"), Point, f64::NEG_INFINITY),
            (json!("Infinity"), Point, f64::INFINITY),
        ] {
            assert_eq!(number(&cell, decimals), Ok(Some(wanted)), "{cell}");
        }
        assert!(number(&json!("nan"), Point).unwrap().unwrap().is_nan());
        for cell in
            [json!("0.0027/s"), json!("see notes"), json!("0,0027"), json!("5%"), json!([0.1, 0.2]), json!(false)]
        {
            assert!(number(&cell, Point).is_err(), "{cell}");
        }
    }
}
