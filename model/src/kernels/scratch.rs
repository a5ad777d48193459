//! Numbers that a thread works on between two products: a panel expanded.
//!
//! They are taken and given back: a closure round the work would be a function of its own, compiled without the instruction set.

use std::cell::Cell;

thread_local! {
    /// Grows to the largest that was asked for.
    static NUMBERS: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
    /// Likewise, of rows packed for a product that lasts while others' panels are expanded.
    static PACKED: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

fn at_least(mut numbers: Vec<f32>, len: usize) -> Vec<f32> {
    if numbers.len() < len {
        numbers.resize(len, 0.0);
    }
    numbers
}

/// At least `len` numbers of no particular value.
pub(super) fn take(len: usize) -> Vec<f32> {
    at_least(NUMBERS.take(), len)
}

/// Keeps `numbers` for the next one.
pub(super) fn give(numbers: Vec<f32>) {
    NUMBERS.set(numbers);
}

/// At least `len` numbers of no particular value, for the rows of a product.
pub(super) fn take_packed(len: usize) -> Vec<f32> {
    at_least(PACKED.take(), len)
}

/// Keeps `numbers` for the next product.
pub(super) fn give_packed(numbers: Vec<f32>) {
    PACKED.set(numbers);
}
