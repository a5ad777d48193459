//! The first look at a document, before any type reads it: what no document of ours may hold, whatever its keys mean.
//!
//! Aliases that multiply ("bombs"), a key twice in one map, a map or list as a key (that is what an unquoted `{{ … }}`
//! is in YAML), tags that nobody would read.

mod key;
mod values;

use std::cell::Cell;

use serde::de::{DeserializeSeed, Error};

use values::Values;

/// The tags that a document may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    /// Those of YAML itself.
    None,
    /// `!function` as well.
    Function,
}

/// What is found on the way.
#[derive(Debug)]
pub(super) struct First {
    tags: Tags,
    /// How many values may still come, those that aliases repeat included.
    left: Cell<usize>,
    merges: Cell<bool>,
}

impl First {
    /// Looks at every value of a document and keeps none.
    pub(super) fn look(text: &str, most: usize, tags: Tags) -> (Self, Result<(), serde_yaml::Error>) {
        let first = Self { tags, left: Cell::new(most), merges: Cell::new(false) };
        let result = Values(&first).deserialize(serde_yaml::Deserializer::from_str(text));
        (first, result)
    }

    /// More values than may be.
    pub(super) fn is_full(&self) -> bool {
        self.left.get() == 0
    }

    /// The document has merge keys.
    pub(super) fn merges(&self) -> bool {
        self.merges.get()
    }

    fn count<E: Error>(&self) -> Result<(), E> {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}
