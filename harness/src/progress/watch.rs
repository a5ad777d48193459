//! Who is told what happens, and who may stop it.

use std::sync::Mutex;

use super::{Event, Interrupt, Tally};

const UNPOISONED: &str = "no thread panics while it holds the lock";

/// Who is told what happens, from several threads, and who may stop it.
pub(crate) struct Watch {
    listener: Box<dyn Fn(&Event, &Tally) + Send + Sync>,
    tally: Mutex<Tally>,
    /// Whether to stop.
    pub(crate) interrupt: Interrupt,
}

impl Watch {
    /// `listener` is told of everything, and what it adds up to.
    pub(crate) fn new(interrupt: Interrupt, listener: impl Fn(&Event, &Tally) + Send + Sync + 'static) -> Self {
        Self { listener: Box::new(listener), tally: Mutex::new(Tally::new()), interrupt }
    }

    /// Something has happened.
    pub(crate) fn tell(&self, event: &Event) {
        let tally = {
            let mut tally = self.tally.lock().expect(UNPOISONED);
            tally.add(event);
            *tally
        };
        (self.listener)(event, &tally);
    }

    /// What has happened so far.
    pub(crate) fn tally(&self) -> Tally {
        *self.tally.lock().expect(UNPOISONED)
    }
}
