//! Hops: an ability that goes again after it came.

use serde::Serialize;

use super::confidence::Z95;
use super::curve::Curve;
use super::onset::{Onset, Status};

/// Falls after the onset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hops {
    /// The onset's status.
    pub status: Status,
    /// Each fall: tokens at which it was first seen absent, and at which it was back (or has not come back).
    pub falls: Vec<(u64, Option<u64>)>,
    /// It emerged and stayed; `None` without an onset.
    pub stayed: Option<bool>,
}

/// Falls and returns after the onset's `by`.
///
/// A point is absent when `y + 1.96 s < L`, present when `y − 1.96 s > L`, with L and s as in the onset since it came; in between nothing changes.
/// METHODS.md §12.
pub fn hops(curve: &Curve, onset: &Onset) -> Hops {
    let mut falls: Vec<(u64, Option<u64>)> = Vec::new();
    let (Some(by), Some(scale)) = (onset.by(), onset.scale) else {
        return Hops { status: onset.status, falls, stayed: None };
    };
    for index in curve.usable().into_iter().filter(|&index| curve.tokens[index] > by) {
        let away = Z95 * curve.spread(index, scale.level, scale.later());
        let (y, tokens) = (curve.score[index], curve.tokens[index]);
        match falls.last_mut() {
            Some((_, back @ None)) if y - away > scale.level => *back = Some(tokens),
            None | Some((_, Some(_))) if y + away < scale.level => falls.push((tokens, None)),
            _ => {}
        }
    }
    Hops { status: onset.status, stayed: Some(falls.is_empty()), falls }
}
