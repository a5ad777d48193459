//! Tables of scores, as trackers export them, brought into a results folder.

mod events;
mod known;
mod name;
mod names;
mod read;
mod units;

pub(super) use name::{metric_name, named};
pub(crate) use read::{Chosen, TableOptions, is_table};
pub(crate) use units::import_table;
