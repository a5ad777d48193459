//! The pieces of a text that a number may be made of.

use std::sync::LazyLock;

use regex::Regex;

use super::number_digits;

/// Digits with marks between them, or a word.
static PIECES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?P<digits>\.?[0-9]+(?:[.,'_ ][0-9]+)*)|\p{L}+").expect("a constant"));

/// The number of a list's item, at the beginning of a line.
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t>*#]*([0-9]{1,3})[.)]\**[ \t]+\S").expect("a constant"));

/// A number in digits, or a word in lower case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Digits(f64),
    Word(String),
}

/// A number or a word, and where it stands.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) said: Said,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let items = items(text);
    let (mut pieces, mut from) = (Vec::new(), 0);
    while let Some(found) = PIECES.captures_at(text, from) {
        let whole = found.get(0).expect("group 0 is the match");
        let (start, mut end) = (whole.start(), whole.end());
        if found.name("digits").is_none() {
            pieces.push(Piece { said: Said::Word(whole.as_str().to_lowercase()), start, end });
        } else if items.binary_search(&start).is_err() {
            let (values, tail) = number_digits::read(&text[..start], whole.as_str(), &text[end..]);
            end += tail;
            for (index, value) in values.into_iter().enumerate() {
                let sign = if index == 0 { sign(&text[..start]) } else { Some(1.0) };
                pieces.extend(sign.map(|sign| Piece { said: Said::Digits(sign * value), start, end }));
            }
        }
        from = end;
    }
    pieces
}

/// Where the numbers of list items stand: `1.`, `2.` and so on at the beginnings of lines, at least two of them.
fn items(text: &str) -> Vec<usize> {
    let (mut all, mut list): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for item in ITEM.captures_iter(text) {
        let number = item.get(1).expect("the group is not an option");
        let next = number.as_str().parse() == Ok(list.len() + 1);
        if !next && list.len() > 1 {
            all.append(&mut list);
        }
        if !next {
            list.clear();
        }
        if next || number.as_str() == "1" {
            list.push(number.start());
        }
    }
    if list.len() > 1 {
        all.append(&mut list);
    }
    all
}

/// The sign of digits after `before`; `None` inside a word such as `B12`, and for an exponent as in `cm^2`.
fn sign(before: &str) -> Option<f64> {
    let currency = |c: char| matches!(c, '$' | '\u{a2}'..='\u{a5}' | '\u{20a0}'..='\u{20cf}' | '\\');
    let bare = before.trim_end_matches(currency);
    let mut back = bare.chars().rev();
    match back.next() {
        // Only scripts with upper and lower case part words by spaces in all their languages.
        Some(c) if (c.is_lowercase() || c.is_uppercase()) && bare.len() == before.len() => None,
        Some('^') => None,
        Some('{') if back.next() == Some('^') => None,
        // A dash after a digit or a letter is a range or a subtraction; after a dash, part of a longer one.
        Some('-') => {
            let operand = |c: char| c.is_alphanumeric() || matches!(c, ')' | ']' | '-' | '%');
            Some(if back.next().is_some_and(operand) { 1.0 } else { -1.0 })
        }
        _ => Some(1.0),
    }
}
