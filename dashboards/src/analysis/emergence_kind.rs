//! What emerged, by what the letters and their contents say.

use serde::{Deserialize, Serialize};

use super::onset::{Onset, Status};
use super::sharpness::Shape;

/// What an onset says for the order of abilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Whether it came.
    pub status: Status,
    /// Lower end of its interval.
    pub after: Option<u64>,
    /// Upper end of its interval.
    pub by: Option<u64>,
}

impl From<&Onset> for Sighting {
    fn from(onset: &Onset) -> Self {
        Self { status: onset.status, after: onset.after(), by: onset.by() }
    }
}

/// What was missing last when a lettered task emerged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EmergenceKind {
    /// Letters and facts were there; binding the letter to the answer came last. Source: arXiv 2210.12353.
    Selection,
    /// The facts were there; answering in letters came last.
    Format,
    /// Letters were there; the facts came last.
    Knowledge,
    /// The brackets overlap.
    Unresolved,
    /// The lettered task has no onset.
    None,
}

/// Which part came last, from the onsets of the letters' mass (level .5), of the same questions asked without letters (cloze), and
/// of the lettered task. X lies before Y when `X.by ≤ Y.after`. METHODS.md §8.
pub fn emergence_kind(mass: Sighting, cloze: Sighting, lettered: Sighting) -> EmergenceKind {
    if lettered.by.is_none() || !matches!(lettered.status, Status::Emerged | Status::Lost | Status::AboveAtFirst) {
        return EmergenceKind::None;
    }
    let before = |x: Sighting| x.by.zip(lettered.after).is_some_and(|(by, after)| by <= after);
    match (before(mass), before(cloze)) {
        (true, true) => EmergenceKind::Selection,
        (false, true) if mass.by.is_some() => EmergenceKind::Format,
        (true, false) if cloze.by.is_some() => EmergenceKind::Knowledge,
        _ => EmergenceKind::Unresolved,
    }
}

/// Whether a jump is made by the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricEffect {
    /// The discrete metric jumps, the continuous one grows smoothly: the jump is the metric's.
    ThresholdEffect,
    /// Both jump.
    GenuineJump,
    /// The discrete metric itself is smooth.
    Smooth,
    /// It cannot be told.
    Unresolved,
    /// There is no rise.
    None,
}

/// Compares the shape of a discrete metric with that of a continuous one on the same items and checkpoints. Source: Schaeffer,
/// Miranda and Koyejo (2023), arXiv 2304.15004; METHODS.md §8.
pub fn metric_effect(discrete: Shape, continuous: Shape) -> MetricEffect {
    match (discrete, continuous) {
        (Shape::None, _) | (_, Shape::None) => MetricEffect::None,
        (Shape::Smooth, _) => MetricEffect::Smooth,
        (Shape::Sharp, Shape::Smooth) => MetricEffect::ThresholdEffect,
        (Shape::Sharp, Shape::Sharp) => MetricEffect::GenuineJump,
        _ => MetricEffect::Unresolved,
    }
}
