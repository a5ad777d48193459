//! The numbers in a reply, in digits and in English words.

use std::sync::LazyLock;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::Finding;
use super::number_words::{Sum, Word, word};

/// Which number of a reply counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pick {
    /// The first one.
    First,
    /// The last one: an answer comes after its reasons.
    #[default]
    Last,
    /// Any of them.
    Any,
}

/// Digits (grouped by commas or not, with a fraction or not), or a word.
static PIECES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)|\p{L}+")
        .expect("a constant")
});

/// After these, `one` is a pronoun.
const NOT_A_NUMBER: [&str; 12] =
    ["no", "any", "every", "some", "each", "this", "that", "which", "another", "the", "only", "other"];

/// All numbers of a text, in their order.
pub(super) fn numbers(text: &str) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    let mut open: Option<Sum> = None;
    let (mut before, mut end) = (String::new(), 0);
    for piece in PIECES.captures_iter(text) {
        let whole = piece.get(0).expect("group 0 is the match");
        let lower = whole.as_str().to_lowercase();
        let gap = &text[end..whole.start()];
        // Words of one number stand beside each other: `twenty one`, `twenty-one`, `2 million`; a comma or a stop parts them.
        let beside = gap.chars().all(|c| c.is_whitespace() || c == '-') && !gap.contains('\n');
        if !beside {
            found.extend(open.take().map(Sum::value));
        }
        let next = if piece.name("number").is_some() {
            found.extend(open.take().map(Sum::value));
            digits(&text[..whole.start()], &lower).map(Sum::digits)
        } else if lower == "and" && open.is_some_and(Sum::takes_and) {
            open
        } else {
            let part = word(&lower).filter(|_| lower != "one" || !NOT_A_NUMBER.contains(&before.as_str()));
            let longer = open.zip(part).and_then(|(sum, part)| sum.then(part));
            if longer.is_none() {
                found.extend(open.take().map(Sum::value));
            }
            longer.or_else(|| part.filter(|part| starts(*part, &before)).map(Sum::start))
        };
        open = next;
        (before, end) = (lower, whole.end());
    }
    found.extend(open.map(Sum::value));
    found
}

/// `hundred` alone is no number unless `a` or `one` stands before it; `hundreds` is none at all.
fn starts(part: Word, before: &str) -> bool {
    !matches!(part, Word::Times(_)) || before == "a"
}

/// The value of digits after `before`; `None` inside a word such as `B12`.
fn digits(before: &str, digits: &str) -> Option<f64> {
    let mut back = before.chars().rev();
    let sign = back.next();
    if sign.is_some_and(char::is_alphabetic) {
        return None;
    }
    let value: f64 = digits.replace(',', "").parse().ok()?;
    // A dash after a digit or a letter is a range or a subtraction.
    let negative = matches!(sign, Some('-' | '−')) && !back.next().is_some_and(|c| c.is_alphanumeric() || c == ')');
    Some(if negative { -value } else { value })
}

pub(super) fn equals(said: &str, value: f64, pick: Pick, tolerance: Option<f64>) -> Finding {
    let found = numbers(said);
    let slack = tolerance.unwrap_or(0.0).max(value.abs() * 1e-9);
    let equal = |number: &&f64| (**number - value).abs() <= slack;
    let chosen = match pick {
        Pick::First => found.first(),
        Pick::Last => found.last(),
        Pick::Any => found.iter().find(equal).or(found.last()),
    };
    let actual = match chosen {
        Some(number) if found.len() > 1 => format!("{number}, among {} numbers", found.len()),
        Some(number) => format!("{number}"),
        None => "no number".into(),
    };
    Finding::of(chosen.as_ref().is_some_and(equal), format!("the number {value}"), actual)
}

/// Reads `value: 12`, and `value: "{{ a * b }}"` after its variables are filled in.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let only =
        |text: &str| text.trim().parse().ok().or_else(|| <[f64; 1]>::try_from(numbers(text)).ok().map(|[one]| one));
    let number = value.as_f64().or_else(|| value.as_str().and_then(only));
    number.ok_or_else(|| D::Error::custom(format!("`value` is a number, not `{value}`")))
}

/// A number, or a text that becomes one.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["number", "string"] })
}

#[cfg(test)]
mod tests {
    use super::super::spell;
    use super::numbers;
    use proptest::prelude::*;

    #[test]
    fn digits_and_words_are_read() {
        let cases: [(&str, &[f64]); 33] = [
            ("12", &[12.0]),
            ("twelve", &[12.0]),
            ("Twelve times, matey!", &[12.0]),
            ("It is twenty-one.", &[21.0]),
            ("twenty one", &[21.0]),
            ("one hundred and five", &[105.0]),
            ("a hundred", &[100.0]),
            ("two thousand three hundred and forty-five", &[2345.0]),
            ("three million two hundred thousand and one", &[3_200_001.0]),
            ("nine hundred ninety-nine thousand nine hundred ninety-nine", &[999_999.0]),
            ("1,234,567.5", &[1_234_567.5]),
            ("-5 or −6", &[-5.0, -6.0]),
            ("7 x 8 = 56", &[7.0, 8.0, 56.0]),
            ("7-8", &[7.0, 8.0]),
            ("2.5 million", &[2_500_000.0]),
            ("two dozen", &[24.0]),
            ("a dozen eggs", &[12.0]),
            ("one two three", &[1.0, 2.0, 3.0]),
            ("seven, eight", &[7.0, 8.0]),
            ("nineteen eighty", &[19.0, 80.0]),
            ("twelve and a half", &[12.0]),
            ("two and two", &[2.0, 2.0]),
            ("no one knows", &[]),
            ("this one has one", &[1.0]),
            ("vitamin B12", &[]),
            ("hundreds of someone", &[]),
            ("zero", &[0.0]),
            ("3 .", &[3.0]),
            ("1, 2, 3", &[1.0, 2.0, 3.0]),
            ("the answer is 4.", &[4.0]),
            ("twenty\none", &[20.0, 1.0]),
            ("", &[]),
            ("٣ cats 🐈", &[]),
        ];
        for (text, wanted) in cases {
            assert_eq!(numbers(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_spelt_is_read(n in 0_u64..1_000_000_000) {
            prop_assert_eq!(numbers(&spell(n).unwrap()), vec![n as f64]);
        }
    }
}
