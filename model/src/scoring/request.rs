//! What a scorer is asked, and how it is to work.

use crate::batch::{REQUEST_ROWS, STATE_MEMORY};

/// A continuation to be scored after a context, both as token ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// At least one token; its last one predicts the first of the continuation.
    pub context: Vec<u32>,
    /// At least one token.
    pub continuation: Vec<u32>,
}

/// How a [`Scorer`](crate::Scorer) works. None of it changes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScorerOptions {
    /// Bytes that the states of prefixes may take together, each counted as if it shared nothing.
    pub state_memory: u64,
    /// Tokens computed together.
    pub rows_per_batch: usize,
}

impl Default for ScorerOptions {
    fn default() -> Self {
        Self { state_memory: STATE_MEMORY, rows_per_batch: REQUEST_ROWS }
    }
}
