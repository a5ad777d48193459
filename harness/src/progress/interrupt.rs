//! Ctrl-C: what is in hand is put down, what is finished stays.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

/// Tells whether the user asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for Ctrl-C (and SIGTERM). The second one ends the program at once, with exit code 130.
    ///
    /// # Errors
    /// The system refuses the handler.
    pub(crate) fn listen() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag))?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Says that it is time to stop.
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is time to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What is set when it is time to stop.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// An error when it is time to stop; `what` was being done.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub(crate) fn go_on(&self, what: impl FnOnce() -> String) -> Result<()> {
        if self.is_set() { Err(Error::Interrupted { what: what() }) } else { Ok(()) }
    }

    /// Goes on until it is time to stop.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
