//! Axes: the tokens axis that all plots of a page share, and round tick values.

/// The horizontal axis: tokens seen, from the run's first to its last checkpoint or log entry.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct TokenAxis {
    /// Left end.
    pub(crate) from: f64,
    /// Right end; always above `from`.
    pub(crate) to: f64,
    /// Left end of the logarithmic axis: half of the smallest positive count, which is where 0 tokens are drawn.
    pub(crate) log_from: f64,
}

impl TokenAxis {
    /// The axis that holds all of `counts`; non-finite ones are left out.
    pub(crate) fn over(counts: impl IntoIterator<Item = f64>) -> Self {
        let (mut from, mut to, mut positive) = (f64::INFINITY, 0.0_f64, f64::INFINITY);
        for count in counts.into_iter().filter(|count| count.is_finite()) {
            from = from.min(count);
            to = to.max(count);
            if count > 0.0 {
                positive = positive.min(count);
            }
        }
        if from >= to {
            // One checkpoint or none: an axis from nothing to a little beyond it.
            (from, to) = (0.0, if to > 0.0 { to * 1.1 } else { 1.0 });
        }
        Self { from, to, log_from: (positive.min(to) / 2.0).max(to * 1e-9) }
    }
}

/// Round values inside [low, high], about `count` of them: steps of 1, 2, 2.5 or 5 times a power of ten.
pub(crate) fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let raw = (high - low) / count as f64;
    if raw <= 0.0 || !raw.is_finite() {
        return vec![low];
    }
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw * 0.999).unwrap_or(raw);
    let first = (low / step - 1e-6).ceil() as i64;
    let last = (high / step + 1e-6).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 9.2e6, 5), [0.0, 2e6, 4e6, 6e6, 8e6]);
        assert_eq!(ticks(0.21, 1.0, 4), [0.4, 0.6, 0.8, 1.0].map(|v: f64| (v / 0.2).round() * 0.2));
        assert_eq!(ticks(3.0, 3.0, 4), [3.0]);
    }

    #[test]
    fn one_checkpoint_still_makes_an_axis() {
        let axis = TokenAxis::over([5e6]);
        assert!(axis.from < 5e6 && axis.to > 5e6 && axis.log_from > 0.0);
        assert!(TokenAxis::over([]).to > 0.0);
    }
}
