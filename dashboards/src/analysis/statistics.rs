//! Means, medians and the normal distribution.

/// Chance that a page says anything false of one kind (growth, gains, prompts that turn, ...), so that a page of several kinds stays near
/// a twentieth.
pub const ALPHA: f64 = 0.02;

/// Normal distribution function, `erfc(-z/√2)/2`.
pub(crate) fn phi(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// The z above which the normal distribution has a share `p`, by halving.
pub(crate) fn upper_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 40.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if phi(-middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Mean; `None` without values.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Median, the mean of the two middle values for an even count; `None` without values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[half]),
        _ => Some(f64::midpoint(sorted[half - 1], sorted[half])),
    }
}

/// `Some` of a number that is one: the door through which every computed value leaves.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::confidence::Z95;
    use crate::analysis::line::line;

    #[test]
    fn phi_agrees_with_tables() {
        // pnorm of R 4.3
        for (z, p) in [(0.0, 0.5), (Z95, 0.975), (-3.5, 2.326_290_790_355_250_4e-4)] {
            assert!((phi(z) - p).abs() < 1e-15);
            assert!((upper_quantile(1.0 - p) - z).abs() < 1e-9);
        }
    }

    #[test]
    fn a_line_agrees_with_r() {
        // lm(c(2, 4, 5, 4, 5) ~ c(1, 2, 3, 4, 5)): slope 0.6, Std. Error 0.2828427
        let found = line(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 4.0, 5.0, 4.0, 5.0]).unwrap();
        assert!((found.slope - 0.6).abs() < 1e-12 && (found.slope_error.unwrap() - 0.282_842_712).abs() < 1e-8);
        assert_eq!(line(&[1.0, 1.0], &[2.0, 3.0]), None);
    }

    #[test]
    fn an_even_count_has_a_middle() {
        assert_eq!((median(&[4.0, 1.0, 3.0, 2.0]), median(&[])), (Some(2.5), None));
    }
}
