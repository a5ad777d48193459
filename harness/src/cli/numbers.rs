//! Numbers as a person reads them. Counts and sizes are exact to the digits shown, times to the minute, which the crates for it round.

pub(super) use spyglass_dashboards::number::duration;

/// `1 unit`, `2 units`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(count as u64)) }
}

/// `1 branch`, `2 branches`.
pub(super) fn branches(count: usize) -> String {
    if count == 1 { "1 branch".into() } else { format!("{count} branches") }
}

/// A count with thin gaps between thousands: `1 234 567`.
pub(super) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Bytes as a person says them: `1.5 kB`, `2.5 MB`, `2.43 GB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_well() {
        assert_eq!((counted(1, "unit"), counted(1234, "unit")), ("1 unit".into(), "1 234 units".into()));
    }
}
