//! The smallest difference that a paired comparison could have shown.

use super::confidence::Z95;
use super::statistics::finite;

/// The 80 % quantile of the normal distribution: the usual power of a test.
const Z80: f64 = 0.841_621_233_572_914_3;
/// Fewer items that all flip one way are no sign in the exact test: 2 · 2⁻⁵ = .0625, 2 · 2⁻⁶ = .031.
const LEAST_FLIPS: f64 = 6.0;

/// The smallest true difference that a paired test at .05 finds four times in five: `(z.975 + z.80) · SE`; of `exact` right-or-wrong
/// items at least six of them, which is the least that McNemar's exact test can call a change.
///
/// `se` is that of the difference, in its unit; so is the answer. Source: Bloom (1995), Evaluation Review 19, 547–556; of evaluations
/// Miller (2024), arXiv 2411.00640, §5. `None` where nothing tells: no error and no count.
pub fn detectable(se: f64, items: usize, exact: bool) -> Option<f64> {
    let by_power = (Z95 + Z80) * se;
    let by_count = if exact && items > 0 { LEAST_FLIPS / items as f64 } else { 0.0 };
    finite(by_power.max(by_count)).filter(|least| *least > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_items_show_smaller_differences() {
        // power.prop.test-like figures by hand: 2.8016 standard errors, and six of 400 items.
        let near = |found: Option<f64>, wanted: f64| assert!((found.unwrap() - wanted).abs() < 1e-4, "{found:?}");
        near(detectable(0.01, 400, true), 0.028_016);
        near(detectable(0.002, 400, true), 0.015);
        near(detectable(0.002, 400, false), 0.005_603);
        near(detectable(0.0, 300, true), 0.02);
        assert_eq!(detectable(0.0, 300, false), None);
        assert_eq!(detectable(f64::NAN, 0, true), None);
    }
}
