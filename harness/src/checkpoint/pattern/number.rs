//! Numbers as names print them: `1000`, `500k`, `16.78B`.

/// A unit behind a number, as printed: `B`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checkpoint) struct Unit {
    /// How it is written.
    pub(super) text: String,
    /// What it stands for.
    scale: u64,
}

/// Which units a number may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checkpoint) enum Units {
    /// Thousands and millions: nobody counts steps in more.
    OfSteps,
    /// Up to trillions; `BT` is how some write billions of tokens.
    OfTokens,
    /// None at all.
    None,
}

impl Units {
    /// The unit that `text` begins with. A letter inside a word (`merged`) is none, but before `steps` or `tokens` it is one
    /// (`10ksteps`, `4Btokens`).
    pub(super) fn at_start(self, text: &str) -> Option<Unit> {
        if self == Self::None {
            return None;
        }
        let scale = match text.chars().next()? {
            'k' | 'K' => 1_000,
            'm' | 'M' => 1_000_000,
            'b' | 'B' | 'G' if self == Self::OfTokens => 1_000_000_000,
            't' | 'T' if self == Self::OfTokens => 1_000_000_000_000,
            _ => return None,
        };
        let ends = |length: usize| {
            let after = &text[length..];
            let is_counted = after.starts_with("step") || self == Self::OfTokens && after.starts_with("tok");
            is_counted || !after.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let of_tokens = self == Self::OfTokens && !text.starts_with(['t', 'T']) && text[1..].starts_with(['T', 't']);
        let length = if of_tokens && ends(2) { 2 } else { 1 };
        ends(length).then(|| Unit { text: text[..length].to_owned(), scale })
    }
}

/// A number with the place where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checkpoint) struct Number {
    /// Bytes that it takes, unit included.
    pub(in crate::checkpoint) length: usize,
    /// What it says.
    pub(in crate::checkpoint) value: u64,
    /// One unit of its last printed digit.
    pub(super) last_digit: u64,
    /// It has a unit.
    pub(in crate::checkpoint) has_unit: bool,
}

/// The number that `text` begins with: the whole run of digits, with the unit behind it. A decimal needs a unit that makes it whole.
pub(in crate::checkpoint) fn number(text: &str, units: Units) -> Option<Number> {
    let digits = run_of_digits(text);
    let decimals = text[digits..].strip_prefix('.').map_or(0, run_of_digits);
    let end = if decimals > 0 { digits + 1 + decimals } else { digits };
    match units.at_start(&text[end..]) {
        Some(unit) if digits > 0 => with_unit(text, digits, decimals, &unit),
        _ => plain(text),
    }
}

/// The number that `text` begins with, with exactly this unit behind it.
pub(super) fn number_in(text: &str, unit: &Unit) -> Option<Number> {
    let digits = run_of_digits(text);
    let decimals = text[digits..].strip_prefix('.').map_or(0, run_of_digits);
    let end = if decimals > 0 { digits + 1 + decimals } else { digits };
    (digits > 0 && text[end..].starts_with(&unit.text)).then(|| with_unit(text, digits, decimals, unit))?
}

fn plain(text: &str) -> Option<Number> {
    let length = run_of_digits(text);
    let value = text[..length].parse().ok()?;
    Some(Number { length, value, last_digit: 1, has_unit: false })
}

fn with_unit(text: &str, digits: usize, decimals: usize, unit: &Unit) -> Option<Number> {
    let fraction = if decimals > 0 { &text[digits + 1..digits + 1 + decimals] } else { "" };
    let parts = 10_u64.checked_pow(decimals as u32).filter(|parts| unit.scale.is_multiple_of(*parts))?;
    let last_digit = unit.scale / parts;
    let printed: u64 = format!("{}{fraction}", &text[..digits]).parse().ok()?;
    let point = usize::from(decimals > 0);
    Some(Number {
        length: digits + point + decimals + unit.text.len(),
        value: printed.checked_mul(last_digit)?,
        last_digit,
        has_unit: true,
    })
}

/// How many digits `text` begins with.
pub(in crate::checkpoint) fn run_of_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_printed() {
        let of = |text: &str, units| number(text, units).map(|found| (found.value, found.last_digit, found.length));
        let cases = [
            ("1000", Some((1000, 1, 4))),
            ("0001000-x", Some((1000, 1, 7))),
            ("500k", Some((500_000, 1_000, 4))),
            ("1.5M-x", Some((1_500_000, 100_000, 4))),
            ("10k2", Some((10, 1, 2))), // `k2` is not a unit
            ("1000merged", Some((1000, 1, 4))),
            ("1.5", Some((1, 1, 1))), // the text behind it must fit
            ("99999999999999999999", None),
            ("x", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(of(text, Units::OfSteps), wanted, "{text}");
        }
        let tokens = [
            ("16.78B", Some((16_780_000_000, 10_000_000, 6))),
            ("4B-x", Some((4_000_000_000, 1_000_000_000, 2))),
            ("10BT", Some((10_000_000_000, 1_000_000_000, 4))),
            ("200bt", Some((200_000_000_000, 1_000_000_000, 5))),
            ("4Btokens", Some((4_000_000_000, 1_000_000_000, 2))),
            ("1.5T", Some((1_500_000_000_000, 100_000_000_000, 4))),
            ("600M", Some((600_000_000, 1_000_000, 4))),
            ("1.0000005k", Some((1, 1, 1))), // half a token is none
        ];
        for (text, wanted) in tokens {
            assert_eq!(of(text, Units::OfTokens).or(plain(text).map(|n| (n.value, 1, n.length))), wanted, "{text}");
        }
        assert_eq!(of("4B", Units::OfSteps), Some((4, 1, 1)));
    }
}
