//! When a checkpoint that failed is tried again.

use std::collections::{HashMap, HashSet};
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

    /// Forgets all but these: what is gone, was done by others or is being written anew is not tried again.
    pub(super) fn keep<'a>(&mut self, left: impl Iterator<Item = &'a Checkpoint>) {
        let left: HashSet<Place> = left.map(place).collect();
        self.failed.retain(|place, _| left.contains(place));
    }

    /// Whether it failed or was put off before.
    pub(super) fn knows(&self, at: &Checkpoint) -> bool {
        self.failed.contains_key(&place(at))
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

    #[test]
    fn what_is_not_left_any_more_keeps_nothing_due() {
        let at = |step| Checkpoint {
            branch: "trunk".into(),
            step,
            variant: None,
            tokens: step,
            learning_rate: None,
            location: String::new(),
        };
        let mut retries = Retries::default();
        for step in [1, 2] {
            retries.failed(&at(step), Duration::ZERO, Duration::ZERO);
        }
        retries.keep([at(2), at(3)].iter());
        assert_eq!([1, 2, 3].map(|step| retries.knows(&at(step))), [false, true, false]);
        assert!(retries.any_due());
        retries.keep(std::iter::empty());
        assert!(!retries.any_due());
    }
}
