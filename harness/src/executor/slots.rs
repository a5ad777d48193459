//! How many models may lie in memory at once.

use std::sync::{Condvar, Mutex, MutexGuard};

use crate::memory::available;

/// Counts the models in memory, and lets another one in only when it fits beside them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    models: Mutex<usize>,
    freed: Condvar,
}

/// Slot for one model; dropping it gives the room back.
#[derive(Debug)]
pub(super) struct Slot<'a>(&'a Slots);

impl Slots {
    /// Waits for room for a model of `bytes`. The first one is always let in: whether it fits is for the system to say.
    pub(super) fn take(&self, bytes: u64) -> Slot<'_> {
        let mut models = self.lock();
        while *models > 0 && available().is_none_or(|available| available < bytes) {
            models = self.freed.wait(models).expect("no thread panics while it holds the lock");
        }
        *models += 1;
        Slot(self)
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.models.lock().expect("no thread panics while it holds the lock")
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn a_second_model_that_does_not_fit_waits_for_the_first_to_go() {
        let slots = Slots::default();
        let first = slots.take(u64::MAX);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(slots.take(u64::MAX)));
            drop(first);
            waiting.join().unwrap();
        });
        drop(slots.take(1));
    }
}
