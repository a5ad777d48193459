//! Digits of every script, raised ones too.

/// The zeros of the decimal digits of Unicode that are in daily use; each is followed by 1 to 9.
const ZEROS: [char; 19] =
    ['٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐', '０', '\u{1d7ce}'];

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
