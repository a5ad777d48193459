//! Numbers as a person reads them. Counts and sizes are exact to the digits shown, times to the minute, which the crates for it round.

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

/// Seconds as a person says them: `42 s`, `3 min`, `2 h 10 min`.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
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
    fn counts_and_times_read_well() {
        assert_eq!((counted(1, "unit"), counted(1234, "unit")), ("1 unit".into(), "1 234 units".into()));
        assert_eq!(
            [duration(0.4), duration(119.0), duration(121.0), duration(7800.0)],
            ["0 s", "119 s", "3 min", "2 h 10 min"]
        );
    }
}
