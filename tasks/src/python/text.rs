//! Python's `str.strip` and `str.capitalize`, which differ from Rust's in corners that data sets reach.

/// `str.isspace` of one character: Unicode white space and the four ASCII separators.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `text.strip()`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text.lstrip()`.
pub(crate) fn lstrip(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

/// `text.rstrip()`.
pub(crate) fn rstrip(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

/// `text.capitalize()`: the first character in title case, all others in lower case.
pub(crate) fn capitalize(text: &str) -> String {
    let Some(first) = text.chars().next() else { return String::new() };
    // The whole is lowered, since a final sigma is known by what stands before it.
    let lower = text.to_lowercase();
    let skip: usize = first.to_lowercase().map(char::len_utf8).sum();
    title(first) + &lower[skip..]
}

/// One character in title case (`SpecialCasing.txt` of Unicode), which Rust's library does not give.
fn title(c: char) -> String {
    let code = c as u32;
    let single = match code {
        0x01c4..=0x01c6 => Some(0x01c5),
        0x01c7..=0x01c9 => Some(0x01c8),
        0x01ca..=0x01cc => Some(0x01cb),
        0x01f1..=0x01f3 => Some(0x01f2),
        0x10d0..=0x10ff | 0x1fbc | 0x1fcc | 0x1ffc => Some(code), // Georgian: title case is the letter itself
        0x1f80..=0x1faf => Some(code | 8),                        // Greek with iota subscript: one letter, not two
        0x1fb3 | 0x1fc3 | 0x1ff3 => Some(code + 9),
        _ => None,
    };
    if let Some(title) = single.and_then(char::from_u32) {
        return title.into();
    }
    let subscript = matches!(code, 0x1fb2 | 0x1fb4 | 0x1fb7 | 0x1fc2 | 0x1fc4 | 0x1fc7 | 0x1ff2 | 0x1ff4 | 0x1ff7);
    let mut cased = false;
    c.to_uppercase()
        .flat_map(|upper| {
            let letter: String = match (cased, subscript && upper == '\u{399}') {
                (_, true) => '\u{345}'.into(),
                (true, false) => upper.to_lowercase().collect(),
                (false, false) => upper.into(),
            };
            cased |= upper.is_uppercase();
            letter.chars().collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{capitalize, strip};

    #[test]
    fn capitalize_is_cpythons() {
        // Right sides by CPython 3.11.
        let cases = [
            ("", ""),
            ("hELLO wORLD", "Hello world"),
            ("ßTRASSE", "Sstrasse"),
            ("ǆUNGLA", "ǅungla"),
            ("ŉX", "ʼNx"),
            ("ﬁNE", "Fine"),
            ("ΟΔΟΣ ΑΣ", "Οδος ας"),
            ("İSTANBUL", "İstanbul"),
            ("xİ", "Xi̇"),
            ("ᾳΑ", "ᾼα"),
            ("ᾲx", "Ὰͅx"),
            ("ა", "ა"),
            ("éCOLE", "École"),
            ("1ST", "1st"),
        ];
        for (text, expected) in cases {
            assert_eq!(capitalize(text), expected, "{text}");
        }
    }

    #[test]
    fn strip_takes_the_separators_too() {
        assert_eq!(strip("\u{1c}\u{a0} a\u{200b} \u{3000}\n"), "a\u{200b}");
    }
}
