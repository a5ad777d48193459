//! Which metric of a task tells most: how far it rises, measured by how much it shakes from checkpoint to checkpoint.

use serde::Serialize;

use super::statistics::{finite, mean};

/// A rise and the noise it stands out of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RiseOverWobble {
    /// Mean of the first quarter of the points.
    pub from: f64,
    /// Mean of the last quarter.
    pub to: f64,
    /// Standard deviation of a point around its neighbours.
    pub wobble: f64,
    /// The rise over it; negative where the curve fell.
    pub ratio: f64,
}

/// `(mean of the last quarter − mean of the first) / σ` of a curve in ascending tokens; `None` below four points, or where nothing shakes.
///
/// `σ² = Σ c²e² / (n − 2)` over the inner points, e a point minus the straight line between its neighbours, `a` and `b` their weights
/// in it, `c² = 1/(1 + a² + b²)`: what is smooth takes no part in it. Source: Gasser, Sroka and Jennen-Steinmetz (1986), Biometrika 73,
/// 625–633; of benchmarks as signal over noise Heineman et al. (2025), arXiv 2508.13144.
pub fn rise_over_wobble(tokens: &[f64], score: &[f64]) -> Option<RiseOverWobble> {
    let count = score.len();
    if count < 4 || tokens.len() != count {
        return None;
    }
    let residual = |k: usize| {
        let whole = tokens[k + 1] - tokens[k - 1];
        let (a, b) = ((tokens[k + 1] - tokens[k]) / whole, (tokens[k] - tokens[k - 1]) / whole);
        (a * score[k - 1] + b * score[k + 1] - score[k]).powi(2) / (1.0 + a * a + b * b)
    };
    let wobble = ((1..count - 1).map(residual).sum::<f64>() / (count - 2) as f64).sqrt();
    let quarter = count.div_ceil(4);
    let (from, to) = (mean(&score[..quarter])?, mean(&score[count - quarter..])?);
    let least = 1e-9 * (1.0 + from.abs() + to.abs()); // below it there is only rounding
    let ratio = finite((to - from) / wobble).filter(|_| wobble > least)?;
    Some(RiseOverWobble { from, to, wobble, ratio })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_does_not_shake_and_a_zigzag_does() {
        let tokens: Vec<f64> = [0.0, 1.0, 3.0, 4.0, 8.0].into();
        assert_eq!(rise_over_wobble(&tokens, &tokens), None, "a straight line");
        assert_eq!(rise_over_wobble(&[0.0, 1.0, 2.0], &[0.0, 1.0, 0.0]), None, "three points");
        // By hand: residuals ∓2, weights 1/2 and 1/2, so σ² = (4 + 4)/1.5/2; from (0 + 1)/1 to ...
        let found = rise_over_wobble(&[0.0, 1.0, 2.0, 3.0], &[0.0, 3.0, 2.0, 5.0]).unwrap();
        assert!((found.wobble - (8.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{found:?}");
        assert!((found.ratio - 5.0 / found.wobble).abs() < 1e-12 && (found.from, found.to) == (0.0, 5.0));
        let falling: Vec<f64> = [5.0, 2.0, 3.0, 0.0].into();
        assert!(rise_over_wobble(&[0.0, 1.0, 2.0, 3.0], &falling).unwrap().ratio < 0.0);
        assert_eq!(rise_over_wobble(&[1.0, 1.0, 1.0, 1.0], &falling), None, "no order in tokens");
    }
}
