//! A task is asked: its items become token ids, these requests, the answers records of items and a unit's summary.

mod answers;
mod long;
mod questions;
mod replies;
mod requests;
mod unit;

pub(crate) use long::laid_out;
pub(crate) use questions::Questions;
pub(crate) use requests::{cut, encode, prompt_ids, right_requests};
pub(crate) use unit::TaskJob;
