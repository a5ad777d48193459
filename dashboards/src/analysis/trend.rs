//! What a curve does now: rising, falling, or no gain.

use std::ops::Range;

use serde::Serialize;

use super::line::slope_weights;
use super::sample::Sample;
use super::statistics::finite;

/// A gain that is surely under one point is none.
const NO_GAIN: f64 = 0.01;

/// What a curve does over the last quarter of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// It gains.
    Rising,
    /// It loses.
    Falling,
    /// It gains less than a point, if anything.
    NoGain,
    /// These checkpoints cannot tell.
    Undecided,
    /// Too few points, or nothing has come that could go on.
    Unknown,
}

/// The gain over the last points of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WindowGain {
    /// Gain over the window along its least-squares line.
    pub gain: f64,
    /// Its standard error.
    pub se: f64,
    /// Points in the window.
    pub points: usize,
}

impl WindowGain {
    /// `rising` if g − z·SE > 0, `falling` if g + z·SE < 0, `no gain` if g + z·SE < .01, in this order.
    pub fn trend(&self, z: f64) -> Trend {
        let (low, high) = (self.gain - z * self.se, self.gain + z * self.se);
        if low > 0.0 {
            Trend::Rising
        } else if high < 0.0 {
            Trend::Falling
        } else if high < NO_GAIN {
            Trend::NoGain
        } else {
            Trend::Undecided
        }
    }
}

/// What the last `max(4, ⌈T/4⌉)` of the T `points` of one phase gained: their least-squares slope on log10 tokens times its span, as a
/// contrast of items. Points at 0 tokens are left out; `None` below four.
pub fn window_gain(tokens: &[u64], sample: &Sample<'_>, points: Range<usize>, wobble: f64) -> Option<WindowGain> {
    let from = points.start + tokens[points.clone()].iter().take_while(|tokens| **tokens == 0).count();
    let count = (points.end - from).div_ceil(4).max(4);
    let window = points.end.checked_sub(count).filter(|start| *start >= from)?..points.end;
    let x: Vec<f64> = tokens[window.clone()].iter().map(|&tokens| (tokens as f64).log10()).collect();
    let span = x[count - 1] - x[0];
    let weights: Vec<f64> = slope_weights(&x)?.iter().map(|w| w * span).collect();
    let found = sample.contrast(window, &weights, wobble)?;
    Some(WindowGain { gain: finite(found.value)?, se: found.se, points: count })
}
