//! Learning-rate phases, read off the training log.

use super::lr_shape::Schedule;
use crate::run::Phase;

/// Movements smaller than this share of the largest rate are noise.
pub(crate) const TOLERANCE: f64 = 0.02;

/// A rate at or under this share of its cycle's peak is as good as zero.
pub(crate) const FLOOR_SHARE: f64 = 0.1;

/// Phases of a learning-rate schedule, each with its first step, in ascending steps.
///
/// `points` are `(step, rate)` of one path, in the order logged. When the step goes back (a restart), the later entries replace the
/// earlier ones at or beyond it; a rate that is not a finite number is dropped. Fewer than two points, or none above zero: no phases.
///
/// The turning points of the rate cut it into legs; each rise begins a cycle, whose peak may be lower than the last one's. In a leg,
/// what stays within 2 % of the leg's largest rate for a quarter of the leg's steps is `stable` (at or under a tenth of the cycle's
/// peak it belongs to the phase before); what rises is `warmup` at the start and `rewarm` later; what falls is `anneal` when it leads
/// from `stable` or `rewarm` to a tenth of the cycle's peak, else `decay`. So a cosine is one `decay`, and WSD's last part an `anneal`
/// once it has come down. After `rewarm`, a fall as slow as the `decay` before that came as far down is a `decay` again: the next
/// cycle of a cosine with restarts, no annealing. The rules are METHODS.md §11.
pub fn lr_phases(points: &[(u64, f64)]) -> Vec<(Phase, u64)> {
    let points = cleaned(points);
    let top = points.iter().map(|point| point.1).fold(0.0, f64::max);
    if points.len() < 2 || top <= 0.0 {
        return Vec::new();
    }
    let turns = turning_points(&points, TOLERANCE * top);
    let mut schedule = Schedule { points, peak: 0.0, decayed_in: None, phases: Vec::new() };
    for leg in turns.windows(2) {
        schedule.leg(leg[0], leg[1]);
    }
    schedule.phases
}

fn cleaned(points: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let mut clean: Vec<(u64, f64)> = Vec::with_capacity(points.len());
    for &(step, rate) in points.iter().filter(|point| point.1.is_finite()) {
        while clean.last().is_some_and(|last| last.0 >= step) {
            clean.pop();
        }
        clean.push((step, rate));
    }
    clean
}

/// Indices of the first point, the alternating extremes from which the rate came back by more than `tolerance`, and the last point.
fn turning_points(points: &[(u64, f64)], tolerance: f64) -> Vec<usize> {
    let (mut turns, mut high, mut low) = (vec![0], 0, 0);
    let (mut may_rise, mut may_fall) = (true, true); // both, until the first movement tells the direction
    for (index, &(_, rate)) in points.iter().enumerate() {
        if may_rise && rate > points[high].1 {
            high = index;
        }
        if may_fall && rate < points[low].1 {
            low = index;
        }
        let extreme = if may_rise && points[high].1 - rate > tolerance {
            (may_rise, may_fall, low) = (false, true, index);
            high
        } else if may_fall && rate - points[low].1 > tolerance {
            (may_rise, may_fall, high) = (true, false, index);
            low
        } else {
            continue;
        };
        if turns.last() != Some(&extreme) {
            turns.push(extreme);
        }
    }
    let last = points.len() - 1;
    if turns.last() != Some(&last) {
        turns.push(last);
    }
    turns
}

#[cfg(test)]
mod tests;
