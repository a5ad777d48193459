//! How sure every interval is, an onset's as well: the one place that says so, in numbers and in words.

/// The confidence of every interval, for words that are put together when the program is built.
macro_rules! confidence {
    () => {
        "95 %"
    };
}
pub(crate) use confidence;

/// The same, as pages and the terminal say it.
pub const CONFIDENCE: &str = confidence!();

/// What a table calls a column of such intervals.
pub const INTERVAL: &str = concat!(confidence!(), " interval");

/// What may lie beyond such an interval, on each side.
pub(crate) const BEYOND: f64 = 0.025;

/// Half width of such an interval in standard errors: where the normal distribution has `BEYOND` above it.
pub const Z95: f64 = 1.959_963_984_540_054;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statistics::upper_quantile;

    #[test]
    fn words_and_numbers_say_the_same() {
        assert_eq!(CONFIDENCE, format!("{:.0} %", 100.0 * (1.0 - 2.0 * BEYOND)));
        assert!((upper_quantile(BEYOND) - Z95).abs() < 1e-12, "{}", upper_quantile(BEYOND));
    }
}
