//! When a checkpoint that failed is tried again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use spyglass_dashboards::run::Checkpoint;

/// Branch, step and variant.
type Place = (String, u64, Option<String>);

/// Checkpoints that failed, each with when it is tried again: the delay doubles with each failure, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Retries {
    failed: HashMap<Place, (u32, Instant)>,
}

fn place(at: &Checkpoint) -> Place {
    (at.branch.clone(), at.step, at.variant.clone())
}

/// The delay after so many failures in a row, at least one.
fn delay(failures: u32, first: Duration, most: Duration) -> Duration {
    first.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1))).min(most)
}

impl Retries {
    /// It failed once more; in how long it is tried again.
    pub(super) fn failed(&mut self, at: &Checkpoint, first: Duration, most: Duration) -> Duration {
        let entry = self.failed.entry(place(at)).or_insert((0, Instant::now()));
        entry.0 += 1;
        let delay = delay(entry.0, first, most);
        entry.1 = Instant::now() + delay;
        delay
    }

    /// It is put off without having failed.
    pub(super) fn put_off(&mut self, at: &Checkpoint, delay: Duration) {
        self.failed.entry(place(at)).or_insert((0, Instant::now())).1 = Instant::now() + delay;
    }

    /// It is whole.
    pub(super) fn done(&mut self, at: &Checkpoint) {
        self.failed.remove(&place(at));
    }

    /// Whether something may be tried again now.
    pub(super) fn any_due(&self) -> bool {
        self.failed.values().any(|(_, when)| *when <= Instant::now())
    }

    /// Whether it may be tried now.
    pub(super) fn is_due(&self, at: &Checkpoint) -> bool {
        self.failed.get(&place(at)).is_none_or(|(_, when)| *when <= Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_limit() {
        let (first, most) = (Duration::from_mins(1), Duration::from_hours(1));
        let delays: Vec<u64> = [1, 2, 3, 6, 7, 50, 4_000_000].map(|count| delay(count, first, most).as_secs()).into();
        assert_eq!(delays, [60, 120, 240, 1920, 3600, 3600, 3600]);
    }
}
