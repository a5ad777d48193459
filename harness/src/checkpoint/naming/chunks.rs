//! A name cut into pieces: what is the same in every checkpoint's name, and what may vary.

use crate::checkpoint::pattern::number::run_of_digits;

/// What stands between the pieces of a name.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | ':' | '.' | ' ' | '/' | '+' | '@' | ',')
}

/// A piece of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chunk {
    /// Letters and separators.
    Text(String),
    /// A piece with digits in it: a number, a date, a version, a hash.
    Slot(String),
}

/// Cuts a text; a decimal number and a date are one piece each.
pub(super) fn chunks(text: &str) -> Vec<Chunk> {
    let (mut chunks, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let length = date_at(text, at).unwrap_or_else(|| piece(&text[at..]));
        let piece = &text[at..at + length];
        match chunks.last_mut() {
            Some(Chunk::Text(before)) if !has_digit(piece) => before.push_str(piece),
            _ if has_digit(piece) => chunks.push(Chunk::Slot(piece.into())),
            _ => chunks.push(Chunk::Text(piece.into())),
        }
        at += length;
    }
    chunks
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// Bytes of the first separator, or of all up to the next one.
fn piece(text: &str) -> usize {
    let mut before_is_digit = false;
    for (at, c) in text.char_indices() {
        let after_is_digit = text[at + c.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
        if is_separator(c) && !(c == '.' && before_is_digit && after_is_digit) {
            return if at == 0 { c.len_utf8() } else { at };
        }
        before_is_digit = c.is_ascii_digit();
    }
    text.len()
}

/// How long the date is that stands at `at`: `2026-01-31`, `2026_01_31` or `20260131`, with the time behind it (`_12-30-00`).
pub(super) fn date_at(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if text[..at].ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = |from: usize, count: usize| -> Option<u32> {
        rest.get(from..from + count).filter(|part| run_of_digits(part) == count)?.parse().ok()
    };
    let separated = rest.get(4..5).is_some_and(|mark| ["-", "_", "."].contains(&mark) && rest.get(7..8) == Some(mark));
    let (month_at, day_at, length) = if separated { (5, 8, 10) } else { (4, 6, 8) };
    let (year, month, day) = (digits(0, 4)?, digits(month_at, 2)?, digits(day_at, 2)?);
    let ends = !rest[length..].starts_with(|c: char| c.is_ascii_digit());
    (ends && (1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then(|| length + time_length(&rest[length..]))
}

/// Bytes of the time of day that `text` begins with: `_12-30-00`, `T12:30:00`; 0 where there is none.
fn time_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let two = |at: usize, most: u32| {
        text.get(at..at + 2)
            .filter(|part| run_of_digits(part) == 2)
            .and_then(|part| part.parse().ok())
            .is_some_and(|value: u32| value <= most)
    };
    let marks = bytes.len() >= 9
        && matches!(bytes[0], b'_' | b'-' | b' ' | b'T')
        && matches!(bytes[3], b'-' | b':' | b'_' | b'.')
        && bytes[6] == bytes[3];
    let is_time = marks && two(1, 23) && two(4, 59) && two(7, 60);
    if is_time && !bytes.get(9).is_some_and(u8::is_ascii_digit) { 9 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_with_digits_are_apart() {
        let text = |text: &str| Chunk::Text(text.into());
        let slot = |text: &str| Chunk::Slot(text.into());
        assert_eq!(chunks("epoch=0-step="), [text("epoch="), slot("0"), text("-step=")]);
        assert_eq!(chunks("-tokens16.78B"), [text("-"), slot("tokens16.78B")]);
        assert_eq!(chunks("2026-01-31_x-"), [slot("2026-01-31"), text("_x-")]);
        assert_eq!(chunks("/hf-v2.ckpt"), [text("/hf-"), slot("v2"), text(".ckpt")]);
        assert!(chunks("").is_empty());
        assert_eq!(chunks("2026-01-31_12-30-00_step"), [slot("2026-01-31_12-30-00"), text("_step")]);
        assert_eq!(chunks("2026-01-31_72-30-00")[0], slot("2026-01-31"));
        let dates = [
            ("20260131", true),
            ("2026-13-01", false),
            ("20261301", false),
            ("202601310", false),
            ("2026-01-3", false),
        ];
        for (text, is_date) in dates {
            assert_eq!(date_at(text, 0).is_some(), is_date, "{text}");
        }
    }
}
