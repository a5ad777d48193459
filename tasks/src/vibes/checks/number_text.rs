//! A reply as the reader of numbers wants it: digits of every script as ASCII, one sign for what looks alike, LaTeX undone.

use std::sync::LazyLock;

use regex::Regex;

use super::unicode_digits::{digit, superscript};

/// `⅔` and its kin.
const FRACTIONS: [(char, &str); 18] = [
    ('½', "1/2"),
    ('⅓', "1/3"),
    ('⅔', "2/3"),
    ('¼', "1/4"),
    ('¾', "3/4"),
    ('⅕', "1/5"),
    ('⅖', "2/5"),
    ('⅗', "3/5"),
    ('⅘', "4/5"),
    ('⅙', "1/6"),
    ('⅚', "5/6"),
    ('⅐', "1/7"),
    ('⅛', "1/8"),
    ('⅜', "3/8"),
    ('⅝', "5/8"),
    ('⅞', "7/8"),
    ('⅑', "1/9"),
    ('⅒', "1/10"),
];

/// What LaTeX writes inside and between numbers, and what it means.
static LATEX: LazyLock<[(Regex, &str); 6]> = LazyLock::new(|| {
    [
        (r"\{([.,])\}", "$1"),
        (r"\\!", ""),
        (r"\\[,;: ]|~|\\thinspace\b", " "),
        (r"\\times\b|\\cdot\b", "×"),
        (r"([0-9])\\[dt]?frac\b", r"$1 \frac"),
        (r"\\[dt]?frac *\{ *([0-9]+) *\} *\{ *([0-9]+) *\}", "$1/$2"),
    ]
    .map(|(pattern, meant)| (Regex::new(pattern).expect("a constant"), meant))
});

/// The text with ASCII digits, `'` for every apostrophe, `-` for every hyphen, minus and en dash, a space for every space.
pub(super) fn readable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut raised = false;
    for c in text.chars() {
        if let Some(exponent) = superscript(c) {
            if !raised {
                plain.push('^');
            }
            plain.push(exponent);
            raised = true;
            continue;
        }
        raised = false;
        if let Some((_, written)) = FRACTIONS.iter().find(|(sign, _)| *sign == c) {
            if plain.ends_with(|c: char| c.is_ascii_digit()) {
                plain.push(' ');
            }
            plain.push_str(written);
            continue;
        }
        match c {
            // Zero width, and marks of direction such as stand round numbers in Arabic and Hebrew.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => plain.push(' '),
            '’' | '‘' | 'ʼ' | '＇' | '٬' => plain.push('\''),
            '٫' | '．' => plain.push('.'),
            '，' => plain.push(','),
            '\u{2010}'..='\u{2013}' | '−' | '﹣' | '－' => plain.push('-'),
            '⁄' | '∕' => plain.push('/'),
            '·' | '⋅' | '∙' | '✕' => plain.push('×'),
            other => plain.push(digit(other).unwrap_or(other)),
        }
    }
    if plain.contains(['\\', '~', '{']) {
        for (pattern, meant) in LATEX.iter() {
            plain = pattern.replace_all(&plain, *meant).into_owned();
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn what_looks_alike_is_one() {
        let cases = [
            ("٥٦", "56"),
            ("１２．５", "12.5"),
            ("𝟘𝟡", "09"),
            ("9{,}500", "9,500"),
            (r"9,\!500 9\,500", "9,500 9 500"),
            (r"2 \times 10^{3}", "2 × 10^{3}"),
            (r"1\frac{1}{2}", "1 1/2"),
            ("2½", "2 1/2"),
            ("10³ cm²", "10^3 cm^2"),
            ("Fifty–six", "Fifty-six"),
            ("\u{200f}−5", "-5"),
            ("don’t {a} b", "don't {a} b"),
        ];
        for (text, plain) in cases {
            assert_eq!(readable(text), plain, "{text}");
        }
    }
}
