//! When work is shared among threads.

use std::cell::Cell;

use rayon::prelude::*;

/// Multiply-adds (or as much other work) below which waking a thread costs more than it brings.
const LEAST: usize = 1 << 20;

/// Multiply-adds in the time that a byte takes on its way from memory.
const BYTE: usize = 8;

/// The work of a product that reads so many bytes of weights, or of keys and values: with few rows it is the reading that takes the time.
pub(crate) fn work(multiply_adds: usize, bytes: usize) -> usize {
    multiply_adds.max(BYTE * bytes)
}

thread_local! {
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Does `f` on all tasks, on several threads if `work` multiply-adds are worth it. Tasks are handed out one by one.
pub(crate) fn each<T: Send>(tasks: impl IntoIterator<Item = T>, work: usize, f: impl Fn(T) + Sync + Send) {
    if work < LEAST || ALONE.get() || rayon::current_num_threads() == 1 {
        tasks.into_iter().for_each(f);
    } else {
        tasks.into_iter().collect::<Vec<T>>().into_par_iter().for_each(f);
    }
}

/// Does `f` without sharing its work: the other threads have work of their own.
pub(crate) fn alone<T>(f: impl FnOnce() -> T) -> T {
    let before = ALONE.replace(true);
    let result = f();
    ALONE.set(before);
    result
}
