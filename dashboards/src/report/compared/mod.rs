//! Checkpoints and branches beside each other: a table for each pair of branches, any two checkpoints of a choice, and a matrix a task.

mod evidence;
mod matrix;
mod page;
mod pairs;
mod tables;

pub(super) use evidence::Evidence;
pub(super) use matrix::Matrix;
pub(super) use page::Comparisons;
pub(super) use pairs::Pairs;
pub(super) use tables::{Compared, PairTable};
