//! Readers' ratings: the files that the report's pages export, checked, and brought together so that no vote is lost.

mod known;
mod merge;
mod read;

pub use known::Known;
pub use merge::{Merged, Others, merge};
pub use read::{RatingFile, moment};
