//! SIGHUP: what was configured is to be read again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Result;

/// Tells whether the run file is to be read again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hangup(Arc<AtomicBool>);

impl Hangup {
    /// Listens for SIGHUP, which then no longer ends the program.
    ///
    /// # Errors
    /// The system refuses the handler.
    pub(crate) fn listen() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&flag))?;
        Ok(Self(flag))
    }

    /// Whether it came.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether it came since this was last asked.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}
