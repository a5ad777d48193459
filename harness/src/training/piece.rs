//! One piece of a learning-rate schedule: a shape between two rates.

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::Deserialize;

/// How the rate goes from one value to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    /// It stands still.
    Constant,
    /// A straight line.
    Linear,
    /// Half a cosine: slow, fast, slow.
    Cosine,
    /// The second half of that: fast, slow.
    HalfCosine,
    /// Equal factors in equal stretches.
    Exponential,
    /// Fast at first: the square root of the share passed.
    Sqrt,
}

impl Shape {
    /// The rate where `share` (0 to 1) of the way `from` one rate `to` another is passed.
    pub(super) fn rate(self, from: f64, to: f64, share: f64) -> f64 {
        let passed = match self {
            Self::Constant => return from,
            Self::Exponential => return from * (to / from).powf(share),
            Self::Linear => share,
            Self::Cosine => 0.5 * (1.0 - (PI * share).cos()),
            Self::HalfCosine => (0.5 * PI * share).sin(),
            Self::Sqrt => share.sqrt(),
        };
        from + (to - from) * passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_begin_and_end_at_their_rates() {
        let half = [
            (Shape::Linear, 0.6),
            (Shape::Cosine, 0.6),
            (Shape::HalfCosine, 1.0 - 0.8 * 0.5_f64.sqrt()),
            (Shape::Exponential, 0.2_f64.sqrt()),
            (Shape::Sqrt, 1.0 - 0.8 * 0.5_f64.sqrt()),
        ];
        for (shape, middle) in half {
            let at = |share| shape.rate(1.0, 0.2, share);
            assert!((at(0.0) - 1.0).abs() < 1e-12 && (at(1.0) - 0.2).abs() < 1e-12, "{shape:?}");
            assert!((at(0.5) - middle).abs() < 1e-12, "{shape:?}: {}", at(0.5));
        }
        assert!((Shape::Cosine.rate(1.0, 0.0, 0.25) - 0.853_553_390_593).abs() < 1e-9);
        assert!((Shape::Constant.rate(0.5, 0.0, 0.7) - 0.5).abs() < 1e-12);
    }
}
