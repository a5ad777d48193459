//! A point of a path, and what changes between two.

use serde::Serialize;

use super::items::ItemScores;
use super::paired::paired;
use super::path::around;
use crate::analysis::confidence::Z95;
use crate::analysis::growth::Growth;
use crate::analysis::intervals::Interval;
use crate::run::Phase;

/// One measured point of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathPoint {
    /// Branch of the checkpoint: an ancestor's before the fork.
    pub branch: String,
    /// Its step.
    pub step: u64,
    /// Tokens seen.
    pub tokens: u64,
    /// The metric.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Items behind it.
    pub items: usize,
}

/// A paired difference with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The difference on the items that both sides share.
    pub value: f64,
    /// Its standard error; where few clusters tell it, as wide as Student's t makes the interval.
    pub se: f64,
    /// value ± 1.96 se.
    pub interval: Interval,
    /// Items that both sides share.
    pub items: usize,
    /// One side has items that the other lacks: they were left out.
    pub partial: bool,
}

impl Difference {
    pub(crate) fn of(points: &[&ItemScores], weights: &[f64], wobble: f64) -> Option<Self> {
        let found = paired(points, weights, wobble)?;
        let (value, se) = (found.contrast.value, found.half / Z95);
        let interval = around(value, found.half);
        Some(Self { value, se, interval, items: found.items, partial: found.partial })
    }
}

/// Growth inside the latest phase that has four points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseGrowth {
    /// The phase, where the phases are known.
    pub phase: Option<Phase>,
    /// Its growth.
    pub growth: Growth,
    /// Tokens of its first point and of its last.
    pub tokens: (u64, u64),
}
