//! How fast units are scored: as fast as those that were scored here, or a guess.

use std::collections::HashMap;

use super::Plan;
use crate::suite::Subject;

/// Multiply-adds of one core in a second, for a first guess where nothing was scored yet.
const GUESSED_RATE: f64 = 2e10;

/// Tokens computed, and the seconds that took.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    tokens: u64,
    seconds: f64,
}

/// What was scored here before.
#[derive(Debug, Default)]
pub(in crate::sweep) struct Rates {
    all: Spent,
    by_subject: HashMap<Subject, Spent>,
}

impl Spent {
    fn add(&mut self, tokens: u64, seconds: f64) {
        self.tokens += tokens;
        self.seconds += seconds;
    }

    /// Seconds of a token, where any were measured.
    fn of_one(self) -> Option<f64> {
        (self.tokens > 0 && self.seconds > 0.0).then(|| self.seconds / self.tokens as f64)
    }
}

impl Rates {
    /// Of the units that are done.
    pub(in crate::sweep) fn of(plan: &Plan) -> Self {
        let mut rates = Self::default();
        for (subject, brief) in plan.done() {
            for spent in [&mut rates.all, rates.by_subject.entry(subject).or_default()] {
                spent.add(brief.cost.tokens_computed, brief.cost.seconds);
            }
        }
        rates
    }

    /// Whether anything was.
    pub(super) fn is_measured(&self) -> bool {
        self.all.of_one().is_some()
    }

    /// How long a unit takes that computes `tokens` and needs so many multiply-adds for its weights and for attention: as long as the same task
    /// at another checkpoint, whose texts are as long.
    pub(super) fn seconds(&self, subject: Subject, tokens: u64, adds: (u64, u64)) -> f64 {
        let own = self.by_subject.get(&subject).and_then(|spent| spent.of_one());
        own.map_or_else(|| self.seconds_of_any(tokens, adds), |each| tokens as f64 * each)
    }

    /// How long any tokens take. Of those that were computed it is not known how much attention they took; it is taken for little, as it is in
    /// short texts.
    pub(in crate::sweep) fn seconds_of_any(&self, tokens: u64, (weights, attention): (u64, u64)) -> f64 {
        let guessed = || {
            let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
            2.0 * (weights + attention) as f64 / (GUESSED_RATE * cores)
        };
        let longer = 1.0 + attention as f64 / weights.max(1) as f64;
        self.all.of_one().map_or_else(guessed, |each| tokens as f64 * each * longer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_task_counts_first_and_attention_makes_others_longer() {
        let (long, short) = (Subject::Task(0), Subject::Task(1));
        let mut rates = Rates::default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        assert!((rates.seconds(long, 10, (1_000, 3_000)) * GUESSED_RATE * cores - 8_000.0).abs() < 1e-6);
        rates.all.add(100, 2.0);
        rates.by_subject.entry(short).or_default().add(100, 2.0);
        assert!((rates.seconds(short, 10, (1_000, 3_000)) - 0.2).abs() < 1e-12);
        assert!((rates.seconds(long, 10, (1_000, 3_000)) - 0.8).abs() < 1e-12);
    }
}
