//! Rows of a data set from files on disk.

mod csv;
mod json;
mod locate;
mod mmlu;
mod name;
mod parquet;
mod remote;
mod shards;
mod split;
mod table;

pub use parquet::read as parquet_rows;

pub(crate) use locate::{Missing, Place, contents};
pub use remote::DataSet;
pub(crate) use split::{Split, SplitRow};
pub(crate) use table::Tables;
