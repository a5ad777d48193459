//! Rows of a data set from files on disk.

mod csv;
mod json;
mod locate;
mod parquet;
mod split;
mod table;

pub(crate) use locate::Place;
pub(crate) use split::{Split, SplitRow};
pub(crate) use table::Tables;
