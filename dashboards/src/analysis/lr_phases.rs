//! Learning-rate phases, read off the training log.

use crate::run::Phase;

/// Movements smaller than this share of the largest rate are noise.
pub(crate) const TOLERANCE: f64 = 0.02;
/// A flat stretch is a phase of its own from this share of its leg's steps on.
const STABLE_SHARE: f64 = 0.25;
/// A rate at or under this share of its cycle's peak is as good as zero.
pub(crate) const FLOOR_SHARE: f64 = 0.1;
/// A fall that takes this share of the steps of the fall before it, or more, is another cycle of the same schedule.
const SAME_PACE: f64 = 0.9;

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

/// The phases found so far.
struct Schedule {
    points: Vec<(u64, f64)>,
    /// Largest rate of the cycle: of the last rise, and of what came after it.
    peak: f64,
    /// Steps that the last `decay` took to come down to a tenth of its peak, where it did.
    decayed_in: Option<u64>,
    phases: Vec<(Phase, u64)>,
}

impl Schedule {
    /// Splits the leg between two turning points into flat and moving stretches.
    fn leg(&mut self, from: usize, to: usize) {
        let (start, end) = (self.points[from], self.points[to]);
        let least = (end.0 - start.0) as f64 * STABLE_SHARE;
        let highest = start.1.max(end.1);
        let tolerance = TOLERANCE * highest;
        let rises = end.1 >= start.1;
        if !rises {
            // The leg before, if any, was the rise of this cycle.
            self.peak = highest;
        }
        let (mut moving_from, mut at) = (from, from);
        while at < to {
            let Some(end) = self.flat_until(at, to, least, tolerance) else {
                at += 1;
                continue;
            };
            self.moves(moving_from, at);
            let flat = self.points[at..=end].iter().map(|point| point.1).fold(0.0, f64::max);
            // In a rise, what is flat lies at its foot, where the cycle before ended, or at its head.
            let is_head = rises && flat >= highest - tolerance;
            if is_head || flat > FLOOR_SHARE * self.peak {
                self.push(Phase::Stable, at);
            }
            (moving_from, at) = (end, end);
        }
        self.moves(moving_from, to);
        if rises {
            self.peak = highest;
        }
    }

    /// Last point of the flat stretch that begins at `from`, when it is at least `least` steps long.
    fn flat_until(&self, from: usize, to: usize, least: f64, tolerance: f64) -> Option<usize> {
        let (first_step, first_rate) = self.points[from];
        let near = |index: usize| (self.points[index].1 - first_rate).abs() <= tolerance;
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
        if self.points[to].1 >= self.points[from].1 {
            self.push(if before.is_none() { Phase::Warmup } else { Phase::Rewarm }, from);
            return;
        }
        let down = self.points[from..=to].iter().find(|point| point.1 <= FLOOR_SHARE * self.peak);
        let down_in = down.map(|point| point.0 - self.points[from].0);
        let is_next_cycle = before == Some(Phase::Rewarm)
            && down_in.zip(self.decayed_in).is_some_and(|(now, then)| now as f64 >= SAME_PACE * then as f64);
        if down_in.is_some() && matches!(before, Some(Phase::Stable | Phase::Rewarm)) && !is_next_cycle {
            self.push(Phase::Anneal, from);
        } else {
            self.decayed_in = down_in.or(self.decayed_in);
            self.push(Phase::Decay, from);
        }
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

    /// Phases of `rate` over `steps`, logged every `every` steps.
    fn phases(rate: impl Fn(f64) -> f64, steps: u64, every: u64) -> Vec<(Phase, u64)> {
        let points: Vec<(u64, f64)> = (0..=steps / every).map(|k| (k * every, rate((k * every) as f64))).collect();
        lr_phases(&points)
    }

    fn cosine(share: f64, high: f64, low: f64) -> f64 {
        low + (high - low) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    }

    /// A warm-up of 1,000 steps and a cosine that ends at step 40,000.
    fn first(step: f64, low: f64) -> f64 {
        if step < 1e3 { step / 1e3 } else { cosine((step - 1e3) / 39e3, 1.0, low) }
    }

    type Rate = Box<dyn Fn(f64) -> f64>;

    #[test]
    fn a_rate_that_is_warmed_twice() {
        use Phase::{Anneal, Decay, Rewarm, Stable, Warmup};
        let restarts = |s: f64| if s < 1e3 { s / 1e3 } else { cosine((s - 1e3) % 30e3 / 30e3, 1.0, 0.0) };
        let cycle = |s: f64| if s < 1e3 { s / 1e3 } else { (1.0 - (s - 24e3) / 6e3).min(1.0) };
        let cases: [(&str, Rate, u64, Vec<(Phase, u64)>); 6] = [
            (
                "a cosine, then a fast fall",
                Box::new(|s| {
                    if s < 40e3 {
                        first(s, 0.1)
                    } else if s < 41e3 {
                        0.1 + 0.9 * (s - 40e3) / 1e3
                    } else {
                        1.0 - (s - 41e3) / 9e3
                    }
                }),
                50_000,
                vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Anneal, 41_000)],
            ),
            (
                "two equal cycles",
                Box::new(|s| if s < 40e3 { first(s, 0.0) } else { first(s - 40e3, 0.0) }),
                80_000,
                vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Decay, 41_000)],
            ),
            (
                "the second of two equal cycles, not done",
                Box::new(|s| if s < 40e3 { first(s, 0.0) } else { first(s - 40e3, 0.0) }),
                73_000,
                vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Decay, 41_000)],
            ),
            (
                "cosine with warm restarts",
                Box::new(restarts),
                90_000,
                vec![(Warmup, 0), (Decay, 1000), (Rewarm, 30_900), (Decay, 31_000), (Rewarm, 60_900), (Decay, 61_000)],
            ),
            (
                "a second peak of a tenth",
                Box::new(|s| {
                    if s < 40e3 { first(s, 0.0) } else { 0.1 * ((s - 40e3) / 1e3).min(1.0).min((100e3 - s) / 10e3) }
                }),
                100_000,
                vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Stable, 41_000), (Anneal, 90_100)],
            ),
            (
                "two of WSD",
                Box::new(move |s| cycle(s % 30e3)),
                59_900,
                vec![
                    (Warmup, 0),
                    (Stable, 1000),
                    (Anneal, 24_100),
                    (Rewarm, 30_000),
                    (Stable, 31_000),
                    (Anneal, 54_100),
                ],
            ),
        ];
        for (name, rate, steps, wanted) in cases {
            assert_eq!(phases(rate, steps, 100), wanted, "{name}");
        }
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
