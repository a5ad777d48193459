//! What the events of a sweep add up to.

use std::time::Instant;

use super::{Event, Finish};

/// What the events of a sweep add up to, those of its first plan and of later ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    /// Units that were not finished.
    pub(crate) units: usize,
    /// Those of them that are now.
    pub(crate) units_done: usize,
    /// Items that were left.
    pub(crate) items: usize,
    /// Those of them that lie there now.
    pub(crate) items_done: usize,
    /// Tokens that went through the model.
    pub(crate) tokens: u64,
    /// Checkpoints that something was scored of, and is no more.
    pub(crate) checkpoints: usize,
    /// When the first checkpoint was asked for: reading it counts, waiting for the user does not.
    started: Instant,
}

impl Tally {
    /// Nothing has happened yet.
    pub(super) fn new() -> Self {
        Self { units: 0, units_done: 0, items: 0, items_done: 0, tokens: 0, checkpoints: 0, started: Instant::now() }
    }

    pub(super) fn add(&mut self, event: &Event) {
        match event {
            Event::Planned { units, items } => {
                self.units += units;
                self.items += items;
            }
            Event::Scored { items, tokens } => {
                self.items_done += items;
                self.tokens += tokens;
            }
            Event::Finished { finish, .. } => self.units_done += usize::from(*finish != Finish::Before),
            Event::Failed { units, items, .. } => {
                self.units = self.units.saturating_sub(*units);
                self.items = self.items.saturating_sub(*items);
            }
            Event::Left(_) => self.checkpoints += 1,
            Event::Fetching(_) | Event::Note(_) | Event::Reading(_) | Event::Waiting(_) => {}
        }
    }

    /// Tokens a second, and the seconds that the rest will take; `None` where too little was scored to tell.
    pub(crate) fn pace(&self) -> Option<(f64, f64)> {
        let seconds = self.started.elapsed().as_secs_f64();
        if self.items_done == 0 || seconds < 0.5 {
            return None;
        }
        let left = seconds / self.items_done as f64 * self.items.saturating_sub(self.items_done) as f64;
        Some((self.tokens as f64 / seconds, left))
    }
}
