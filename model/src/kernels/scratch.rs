//! Numbers that a thread works on between two products: a panel expanded.

use std::cell::RefCell;

thread_local! {
    /// Grows to the largest that was asked for.
    static NUMBERS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Lends `len` numbers of no particular value to `f`, which must not ask for others.
pub(super) fn with_numbers<T>(len: usize, f: impl FnOnce(&mut [f32]) -> T) -> T {
    NUMBERS.with_borrow_mut(|numbers| {
        if numbers.len() < len {
            numbers.resize(len, 0.0);
        }
        f(&mut numbers[..len])
    })
}
