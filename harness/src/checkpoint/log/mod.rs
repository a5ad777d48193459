//! Training logs: their forms, their columns, their cells, and the order of their lines.

mod cells;
mod columns;
mod delimited;
mod forms;
mod order;
mod printed;
mod read;
mod table;

pub(super) use cells::count;
pub(super) use forms::read_json;
pub(crate) use read::{Log, read_log};
