//! Student's t distribution: what a standard error of few clusters is worth.

use super::confidence::{BEYOND, Z95};
use super::statistics::phi;

/// From so many degrees of freedom on the normal distribution is as good: .0005 of the quantile.
const MANY: usize = 2000;

/// Share of Student's t distribution with `df` degrees of freedom above `t`; 1 without any.
///
/// With θ = atan(t/√df) the share between −t and t is a finite sum of powers of cos θ. Source: Abramowitz and Stegun (1964), 26.7.3
/// and 26.7.4.
pub(crate) fn t_tail(t: f64, df: usize) -> f64 {
    if df == 0 || t.is_nan() {
        return 1.0;
    }
    if df >= MANY {
        return phi(-t);
    }
    let angle = (t / (df as f64).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    let odd = !df.is_multiple_of(2);
    let (mut term, mut sum) = if odd { (cos, if df > 1 { cos } else { 0.0 }) } else { (1.0, 1.0) };
    let mut power = if odd { 3 } else { 2 };
    while power + 2 <= df {
        term *= (power - 1) as f64 / power as f64 * cos * cos;
        sum += term;
        power += 2;
    }
    let within = if odd { (angle + sin * sum) * std::f64::consts::FRAC_2_PI } else { sin * sum };
    (1.0 - within) / 2.0
}

/// Half width of a 95 % interval in standard errors that were estimated from `df + 1` clusters, by halving; infinite without any.
pub(crate) fn t95(df: usize) -> f64 {
    if df == 0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (Z95, 13.0); // 12.706 with one degree of freedom
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if t_tail(middle, df) > BEYOND { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_tails_agree_with_r() {
        // qt(.975, df) and pt(-t, df) of R 4.3
        for (df, quantile) in
            [(1, 12.706_205), (2, 4.302_653), (3, 3.182_446), (8, 2.306_004), (56, 2.003_241), (999, 1.962_341)]
        {
            assert!((t95(df) - quantile).abs() < 1e-5, "{df}: {}", t95(df));
        }
        for (t, df, tail) in
            [(4.0, 3, 0.014_004_228_4), (4.0, 10, 0.001_259_166), (-1.0, 5, 0.818_391_3), (6.0, 199, 4.5e-9)]
        {
            assert!((t_tail(t, df) - tail).abs() < 1e-8 * 1.0_f64.max(tail / 1e-3), "{t}, {df}: {}", t_tail(t, df));
        }
        assert!((t_tail(2.0, 0) - 1.0).abs() < 1e-12 && t95(0).is_infinite());
    }
}
