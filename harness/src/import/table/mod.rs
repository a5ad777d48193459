//! Tables of scores, as trackers export them, brought into a results folder.

mod event_wire;
mod events;
mod known;
mod long;
mod metric_name;
mod name;
mod names;
mod read;
mod units;

pub(super) use metric_name::metric_name;
pub(super) use name::named;
pub(crate) use read::{Chosen, TableOptions, is_table};
pub(crate) use units::import_table;
