//! A task is asked: its items become tokens, the tokens requests, the answers records of items and a unit's summary.

mod answers;
mod questions;
mod tokenise;
mod unit;

pub use questions::{Asked, ItemQuestions, Questions, Tokens};
pub use tokenise::{Prepared, PreparedQuery, cut, encode, prepare, prompt_ids};
pub(crate) use unit::{OurUnit, now};
