//! Who is told what happens, and who may stop it.

use super::{Event, Interrupt};

/// Who is told what happens, from several threads, and who may stop it.
pub(crate) struct Watch {
    listener: Box<dyn Fn(&Event) + Send + Sync>,
    /// Whether to stop.
    pub(crate) interrupt: Interrupt,
}

impl Watch {
    /// `listener` is told of everything.
    pub(crate) fn new(interrupt: Interrupt, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { listener: Box::new(listener), interrupt }
    }

    /// Something has happened.
    pub(crate) fn tell(&self, event: &Event) {
        super::log::record(event);
        (self.listener)(event);
    }
}
