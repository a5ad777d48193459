//! A text that is printed as it is made, until nobody reads it any more or the user stops it.

use std::ops::ControlFlow;

use super::print;
use crate::progress::Interrupt;
use crate::{Error, Result};

/// A text that comes piece by piece.
pub(super) struct Stream<'a> {
    interrupt: &'a Interrupt,
    broken: Option<Error>,
}

impl<'a> Stream<'a> {
    /// Goes on until `interrupt` is set.
    pub(super) fn new(interrupt: &'a Interrupt) -> Self {
        Self { interrupt, broken: None }
    }

    /// Prints a piece, and tells whether to go on.
    pub(super) fn piece(&mut self, text: &str) -> ControlFlow<()> {
        match print(text) {
            Ok(()) => self.interrupt.flow(),
            Err(error) => {
                self.broken = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// After the last piece.
    ///
    /// # Errors
    /// A piece could not be printed.
    pub(super) fn end(self) -> Result<()> {
        self.broken.map_or(Ok(()), Err)
    }
}
