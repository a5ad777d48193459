//! The system's allocator, which knows how much of it is in use.
#![expect(unsafe_code, reason = "an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes that are given out.
pub(crate) struct Counting(AtomicUsize);

impl Counting {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Bytes in use.
    pub(crate) fn live(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

// SAFETY: all is handed on to the system's
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.0.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's
        unsafe { System.dealloc(at, layout) }
    }
}
