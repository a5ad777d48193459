//! Numbers that a thread works on between two products: a panel expanded.
//!
//! They are taken and given back: a closure round the work would be a function of its own, compiled without the instruction set.

use std::cell::Cell;

thread_local! {
    /// Grows to the largest that was asked for.
    static NUMBERS: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// At least `len` numbers of no particular value.
pub(super) fn take(len: usize) -> Vec<f32> {
    let mut numbers = NUMBERS.take();
    if numbers.len() < len {
        numbers.resize(len, 0.0);
    }
    numbers
}

/// Keeps `numbers` for the next one.
pub(super) fn give(numbers: Vec<f32>) {
    NUMBERS.set(numbers);
}
