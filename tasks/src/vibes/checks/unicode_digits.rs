//! Digits of every script, raised ones too.

/// The zeros of the decimal digits of Unicode that are in daily use; each is followed by 1 to 9.
const ZEROS: [char; 19] =
    ['٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐', '０', '\u{1d7ce}'];

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

/// The ASCII digit of a digit in another script.
pub(super) fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let code = u32::from(c);
    let value = match code {
        0x1d7ce..=0x1d7ff => Some((code - 0x1d7ce) % 10), // five alphabets of mathematics one after the other
        _ => ZEROS.iter().map(|zero| code.wrapping_sub(u32::from(*zero))).find(|value| *value < 10),
    };
    value.and_then(|value| char::from_digit(value, 10))
}

pub(super) fn superscript(c: char) -> Option<char> {
    match c {
        '⁰' => Some('0'),
        '¹' => Some('1'),
        '²' => Some('2'),
        '³' => Some('3'),
        '⁴'..='⁹' => char::from_digit(u32::from(c) - 0x2070, 10),
        '⁻' => Some('-'),
        _ => None,
    }
}
