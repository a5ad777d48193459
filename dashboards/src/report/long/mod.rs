//! The page of long texts: how deep and how far a checkpoint finds what it read.

mod course;
mod map;
mod page;
mod table;

pub(super) use page::write;

#[cfg(test)]
mod tests;
