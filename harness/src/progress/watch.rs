//! Who is told what happens, and who may stop it.

use std::sync::{Arc, Mutex};

use super::{Event, Interrupt, Tally};

const UNPOISONED: &str = "no thread panics while it holds the lock";

/// Who is told what happens, from several threads, and who may stop it.
pub(crate) struct Watch {
    told: Arc<Told>,
    /// Whether to stop.
    pub(crate) interrupt: Interrupt,
}

/// The listener, and what it was told of so far.
struct Told {
    listener: Box<dyn Fn(&Event, &Tally) + Send + Sync>,
    tally: Mutex<Tally>,
}

impl Told {
    fn tell(&self, event: &Event) {
        let tally = {
            let mut tally = self.tally.lock().expect(UNPOISONED);
            tally.add(event);
            *tally
        };
        (self.listener)(event, &tally);
    }
}

impl Watch {
    /// `listener` is told of everything, and what it adds up to.
    pub(crate) fn new(interrupt: Interrupt, listener: impl Fn(&Event, &Tally) + Send + Sync + 'static) -> Self {
        Self { told: Arc::new(Told { listener: Box::new(listener), tally: Mutex::new(Tally::new()) }), interrupt }
    }

    /// Tells notes from a thread that lives longer than we do.
    pub(crate) fn speaker(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let told = Arc::clone(&self.told);
        move |text| told.tell(&Event::Note(text.into()))
    }

    /// Something has happened.
    pub(crate) fn tell(&self, event: &Event) {
        super::log::record(event);
        self.told.tell(event);
    }

    /// What has happened so far.
    pub(crate) fn tally(&self) -> Tally {
        *self.told.tally.lock().expect(UNPOISONED)
    }
}
