//! What a model says about the next token: rows of logits.

use std::ops::Range;
use std::sync::Arc;

use crate::kernels::Buffer;

/// Rows of logits, each as long as the vocabulary.
#[derive(Debug, Clone)]
pub struct Logits {
    values: Values,
    vocab: usize,
}

/// Numbers of one's own, or a part of what a whole batch gave.
#[derive(Debug, Clone)]
enum Values {
    Own(Vec<f32>),
    Part(Arc<Buffer>, Range<usize>),
}

impl Logits {
    /// `values` holds rows of `vocab` numbers.
    ///
    /// # Panics
    /// When the rows are not whole.
    pub fn new(values: Vec<f32>, vocab: usize) -> Self {
        assert!(vocab > 0 && values.len().is_multiple_of(vocab), "{} values are not rows of {vocab}", values.len());
        Self { values: Values::Own(values), vocab }
    }

    /// Rows of `vocab` numbers at `range` of a batch's, which lie there as long as one of its parts is held.
    pub(crate) fn part(batch: &Arc<Buffer>, range: Range<usize>, vocab: usize) -> Self {
        Self { values: Values::Part(Arc::clone(batch), range), vocab }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values().len() / self.vocab
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    /// Row `index`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values()[index * self.vocab..(index + 1) * self.vocab]
    }

    /// All rows, one after the other.
    pub fn values(&self) -> &[f32] {
        match &self.values {
            Values::Own(values) => values,
            Values::Part(batch, range) => &batch[range.clone()],
        }
    }
}

impl PartialEq for Logits {
    fn eq(&self, other: &Self) -> bool {
        self.vocab == other.vocab && self.values() == other.values()
    }
}
