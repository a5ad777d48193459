//! Readers' ratings: the files that the report's pages export, checked, and brought together so that no vote is lost.

mod known;
mod merge;
mod read;

pub(crate) use known::Known;
pub(crate) use merge::{Merged, Others, merge};
pub(crate) use read::RatingFile;
