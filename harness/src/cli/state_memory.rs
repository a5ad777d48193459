//! How much memory the states of shared prefixes may take.

use clap::Args;
use spyglass_model::ScorerOptions;

/// Memory for states.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct StateMemory {
    /// Memory for the states of shared prefixes, such as 512M or 2G. With little, some prefixes are computed again; scores do not
    /// depend on it
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = bytes)]
    state_memory: u64,
}

impl StateMemory {
    /// The same for the library.
    pub(super) fn scorer(self) -> ScorerOptions {
        ScorerOptions { state_memory: self.state_memory, ..ScorerOptions::default() }
    }
}

/// Reads a number of bytes: `800000`, `64k`, `512M`, `2G`, in powers of 1024.
fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| format!("`{text}` is no number of bytes; write it as in 800000, 64k, 512M, 2G"))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_in_powers_of_1024() {
        assert_eq!([bytes("0"), bytes("800000"), bytes("64k")], [Ok(0), Ok(800_000), Ok(65_536)]);
        assert_eq!([bytes("512M"), bytes("2G"), bytes("1g")], [Ok(512 << 20), Ok(2 << 30), Ok(1 << 30)]);
        for wrong in ["", "G", "-1", "1.5G", "2GB", "99999999999G", "é"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
