//! How much memory the states of shared prefixes may take.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use clap::Args;
use spyglass_model::ScorerOptions;

/// Memory for states.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct StateMemory {
    /// Memory for the states of shared prefixes, such as 512M or 2G. With little, some prefixes are computed again; scores do not
    /// depend on it
    #[arg(long, value_name = "SIZE", default_value_t = Bytes(ScorerOptions::default().state_memory))]
    state_memory: Bytes,
}

impl StateMemory {
    /// The same for the library.
    pub(super) fn scorer(self) -> ScorerOptions {
        ScorerOptions { state_memory: self.state_memory.0, ..ScorerOptions::default() }
    }
}

/// A number of bytes on the command line: `800000`, `64k`, `512M`, `2G`, in powers of 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes(u64);

/// The units, each 1024 times the one before.
const UNITS: [char; 3] = ['k', 'M', 'G'];

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let end = text.chars().next_back();
        let power = UNITS.iter().position(|unit| end.is_some_and(|end| end.eq_ignore_ascii_case(unit)));
        let (number, unit) = match power {
            Some(power) => (&text[..text.len() - 1], 1 << (10 * (power + 1))),
            None => (text, 1),
        };
        let number: Option<u64> = number.parse().ok();
        number
            .and_then(|number| number.checked_mul(unit))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a number of bytes; write it as in 800000, 64k, 512M, 2G"))
    }
}

impl Display for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let whole = |power: &usize| self.0 > 0 && self.0.is_multiple_of(1 << (10 * power));
        match (1..=UNITS.len()).rev().find(whole) {
            Some(power) => write!(f, "{}{}", self.0 >> (10 * power), UNITS[power - 1]),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn sizes_are_read_in_powers_of_1024() {
        let bytes = |text: &str| text.parse::<Bytes>().map(|bytes| bytes.0);
        assert_eq!([bytes("0"), bytes("800000"), bytes("64k")], [Ok(0), Ok(800_000), Ok(65_536)]);
        assert_eq!([bytes("512M"), bytes("2G"), bytes("1g")], [Ok(512 << 20), Ok(2 << 30), Ok(1 << 30)]);
        for wrong in ["", "G", "-1", "1.5G", "2GB", "99999999999G", "é"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        for text in ["0", "800000", "64k", "512M", "2G", "1500M"] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), text);
        }
    }
}
