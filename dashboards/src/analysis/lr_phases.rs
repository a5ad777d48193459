//! Learning-rate phases, read off the training log.

use crate::run::Phase;

/// Movements smaller than this share of the largest rate are noise.
const TOLERANCE: f64 = 0.02;
/// A flat stretch is a phase of its own from this share of its leg's steps on.
const STABLE_SHARE: f64 = 0.25;
/// A rate at or under this share of the peak so far is as good as zero.
const FLOOR_SHARE: f64 = 0.1;

/// Phases of a learning-rate schedule, each with its first step, in ascending steps.
///
/// `points` are `(step, rate)` of one path, in the order logged. When the step goes back (a restart), the later entries replace the
/// earlier ones at or beyond it; a rate that is no finite number is dropped. Fewer than two points, or none above zero: no phases.
///
/// The turning points of the rate cut it into legs. In a leg, what stays within 2 % of the largest rate for a quarter of the leg's
/// steps is `stable` (at or under a tenth of the peak so far it belongs to the phase before); what rises is `warmup` at the start
/// and `rewarm` later; what falls is `anneal` when it leads from `stable` or `rewarm` to a tenth of the peak so far, else `decay`.
/// So a cosine is one `decay`, and WSD's last part an `anneal` once it has come down. The rules are METHODS.md §11.
pub fn lr_phases(points: &[(u64, f64)]) -> Vec<(Phase, u64)> {
    let points = cleaned(points);
    let top = points.iter().map(|point| point.1).fold(0.0, f64::max);
    if points.len() < 2 || top <= 0.0 {
        return Vec::new();
    }
    let turns = turning_points(&points, TOLERANCE * top);
    let mut schedule =
        Schedule { tolerance: TOLERANCE * top, peaks: running_peaks(&points), points, phases: Vec::new() };
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

fn running_peaks(points: &[(u64, f64)]) -> Vec<f64> {
    let mut peak = 0.0_f64;
    points
        .iter()
        .map(|point| {
            peak = peak.max(point.1);
            peak
        })
        .collect()
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

/// The phases found so far.
struct Schedule {
    points: Vec<(u64, f64)>,
    /// Largest rate up to each point.
    peaks: Vec<f64>,
    tolerance: f64,
    phases: Vec<(Phase, u64)>,
}

impl Schedule {
    /// Splits the leg between two turning points into flat and moving stretches.
    fn leg(&mut self, from: usize, to: usize) {
        let least = (self.points[to].0 - self.points[from].0) as f64 * STABLE_SHARE;
        let (mut moving_from, mut at) = (from, from);
        while at < to {
            let Some(end) = self.flat_until(at, to, least) else {
                at += 1;
                continue;
            };
            self.moves(moving_from, at);
            let highest = self.points[at..=end].iter().map(|point| point.1).fold(0.0, f64::max);
            if highest > FLOOR_SHARE * self.peaks[end] {
                self.push(Phase::Stable, at);
            }
            (moving_from, at) = (end, end);
        }
        self.moves(moving_from, to);
    }

    /// Last point of the flat stretch that begins at `from`, when it is at least `least` steps long.
    fn flat_until(&self, from: usize, to: usize, least: f64) -> Option<usize> {
        let (first_step, first_rate) = self.points[from];
        let near = |index: usize| (self.points[index].1 - first_rate).abs() <= self.tolerance;
        let enough = from + self.points[from..=to].partition_point(|point| ((point.0 - first_step) as f64) < least);
        // A leg is monotone but for noise: its far end, tried first, spares the walk from nearly every point.
        if enough > to || enough == from || !near(enough) || !(from..enough).all(near) {
            return None;
        }
        (enough..=to).take_while(|&index| near(index)).last()
    }

    fn moves(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let before = self.phases.last().map(|phase| phase.0);
        let phase = if self.points[to].1 >= self.points[from].1 {
            if before.is_none() { Phase::Warmup } else { Phase::Rewarm }
        } else if self.points[to].1 <= FLOOR_SHARE * self.peaks[to]
            && matches!(before, Some(Phase::Stable | Phase::Rewarm))
        {
            Phase::Anneal
        } else {
            Phase::Decay
        };
        self.push(phase, from);
    }

    fn push(&mut self, phase: Phase, at: usize) {
        if self.phases.last().is_none_or(|last| last.0 != phase) {
            self.phases.push((phase, self.points[at].0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_restart_replaces_what_it_repeats() {
        let wsd = |step: u64| match step {
            0..10 => step as f64 / 10.0,
            10..80 => 1.0,
            _ => (100 - step) as f64 / 20.0,
        };
        let mut points: Vec<(u64, f64)> = (0..=60).map(|step| (step, wsd(step))).collect();
        points.push((61, f64::NAN));
        points.extend((40..=100).map(|step| (step, wsd(step))));
        let found = lr_phases(&points);
        assert_eq!(found, [(Phase::Warmup, 0), (Phase::Stable, 10), (Phase::Anneal, 80)]);
    }

    #[test]
    fn a_long_log_takes_no_quadratic_time() {
        let points: Vec<(u64, f64)> = (0..200_000).map(|step| (step, 1.0 - (step / 40_000) as f64 * 0.19)).collect();
        assert_eq!(lr_phases(&points).first(), Some(&(Phase::Decay, 0)));
    }

    proptest! {
        #[test]
        fn any_log_gives_ascending_phases(points in prop::collection::vec((0_u64..500, prop::num::f64::ANY), 0..80)) {
            let found = lr_phases(&points);
            prop_assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[0].0 != pair[1].0));
        }
    }
}
