//! Something done now and then, for as long as a value lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Does something now and then, on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Heart {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Heart {
    /// Calls `beat` every `period` from now on, the first time after one.
    pub(crate) fn start(period: Duration, beat: impl Fn() + Send + 'static) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let ended = Arc::clone(&ended);
            move || {
                loop {
                    std::thread::park_timeout(period);
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    beat();
                }
            }
        });
        Self { ended, thread: Some(thread) }
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}
