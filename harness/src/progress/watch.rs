//! Who is told what happens, and who may stop it.

use std::sync::Arc;

use super::{Event, Interrupt};

/// Who is told what happens, from several threads, and who may stop it.
pub(crate) struct Watch {
    listener: Arc<dyn Fn(&Event) + Send + Sync>,
    /// Whether to stop.
    pub(crate) interrupt: Interrupt,
}

impl Watch {
    /// `listener` is told of everything.
    pub(crate) fn new(interrupt: Interrupt, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { listener: Arc::new(listener), interrupt }
    }

    /// Tells notes from a thread that lives longer than we do.
    pub(crate) fn speaker(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let listener = Arc::clone(&self.listener);
        move |text| listener(&Event::Note(text.into()))
    }

    /// Something has happened.
    pub(crate) fn tell(&self, event: &Event) {
        super::log::record(event);
        (self.listener)(event);
    }
}
