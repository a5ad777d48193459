//! The shape of a learning rate's schedule: where it rises, holds and falls.

use super::lr_phases::{FLOOR_SHARE, TOLERANCE};
use crate::run::Phase;

/// A flat stretch is a phase of its own from this share of its leg's steps on.
const STABLE_SHARE: f64 = 0.25;

/// A fall that takes this share of the steps of the fall before it, or more, is another cycle of the same schedule.
const SAME_PACE: f64 = 0.9;

/// The phases found so far.
pub(super) struct Schedule {
    pub(super) points: Vec<(u64, f64)>,
    /// Largest rate of the cycle: of the last rise, and of what came after it.
    pub(super) peak: f64,
    /// Steps that the last `decay` took to come down to a tenth of its peak, where it did.
    pub(super) decayed_in: Option<u64>,
    pub(super) phases: Vec<(Phase, u64)>,
}

impl Schedule {
    /// Splits the leg between two turning points into flat and moving stretches.
    pub(super) fn leg(&mut self, from: usize, to: usize) {
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

    pub(super) fn push(&mut self, phase: Phase, at: usize) {
        if self.phases.last().is_none_or(|last| last.0 != phase) {
            self.phases.push((phase, self.points[at].0));
        }
    }
}
