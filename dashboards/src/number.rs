//! Numbers as a reader sees them: three significant figures, points in per cent, tokens with a letter.

/// A positive number with so many decimals, or by its power of ten where it is beyond a million: `1.0042`, `3.1e12`, `> 1e308`.
pub fn positive(value: f64, decimals: usize) -> String {
    match value {
        f64::MAX => "> 1e308".into(),
        1e6.. => format!("{value:.1e}"),
        _ => format!("{value:.decimals$}"),
    }
}

/// Tokens seen as `1.21 T`, `650 B`, `6.9 M`, `12 k` or `0`: three significant figures, no trailing zeros.
pub fn tokens(count: f64) -> String {
    let units = [(1e12, " T"), (1e9, " B"), (1e6, " M"), (1e3, " k")];
    let (scale, unit) = units.into_iter().find(|(scale, _)| count >= scale * 0.9995).unwrap_or((1.0, ""));
    format!("{}{unit}", significant(count / scale))
}

/// A whole number with a comma before every three digits: `16,384`.
pub(crate) fn whole(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A fraction in [0, 1] as per cent with one decimal, without the sign: `0.613` → `61.3`.
pub fn percent(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

/// A signed difference of fractions in points: `-0.042` → `−4.2`.
pub fn points(difference: f64) -> String {
    format!("{:+.1}", difference * 100.0).replace('-', "−")
}

/// Three significant figures without trailing zeros; large whole numbers stay whole.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".into();
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    let text = format!("{value:.*}", digits.clamp(0, 8) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Seconds as a person says them: `42 s`, `3 min`, `2 h 10 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_diverged_is_told_by_its_power() {
        let told = [1.00421, 999_999.0, 3.14e12, f64::MAX, 0.0].map(|value| positive(value, 2));
        assert_eq!(told, ["1.00", "999999.00", "3.1e12", "> 1e308", "0.00"]);
    }

    #[test]
    fn tokens_carry_three_figures_and_a_letter() {
        let cases = [
            (0.0, "0"),
            (6_144.0, "6.14 k"),
            (6.9e6, "6.9 M"),
            (6.5e11, "650 B"),
            (1.21e12, "1.21 T"),
            (999_900.0, "1 M"),
        ];
        for (count, text) in cases {
            assert_eq!(tokens(count), text);
        }
    }

    #[test]
    fn whole_numbers_are_grouped() {
        assert_eq!([0, 512, 1_024, 32_768, 1_048_576].map(whole), ["0", "512", "1,024", "32,768", "1,048,576"]);
    }

    #[test]
    fn fractions_become_points() {
        assert_eq!(percent(0.613), "61.3");
        assert_eq!((points(0.042), points(-0.042)), ("+4.2".into(), "−4.2".into()));
        assert_eq!(significant(0.003), "0.003");
    }

    #[test]
    fn times_read_well() {
        let said = [0.4, 119.0, 121.0, 7800.0].map(duration);
        assert_eq!(said, ["0 s", "119 s", "3 min", "2 h 10 min"]);
    }
}
