//! Training logs: their forms, their columns, their cells, and the order of their lines.

mod cells;
mod columns;
mod delimited;
mod forms;
mod order;
mod printed;
mod read;
mod table;
mod times;

pub(crate) use cells::{Decimals, count, number, step};
pub(crate) use columns::Columns;
pub(crate) use forms::read as read_table;
pub(super) use forms::read_json;
pub(crate) use read::{Log, read_log};
pub(crate) use table::{Row, Table};
