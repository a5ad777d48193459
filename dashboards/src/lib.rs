//! Learns and shows: a training run as plain data, emergence analysis, alarms, plots and the HTML report.

pub mod alarms;
pub mod analysis;
mod any_number;
pub mod chance;
#[cfg(test)]
mod draws;
mod error;
pub mod groups;
pub mod plots;
pub mod report;
pub mod run;
mod side_by_side;

pub use error::Error;
pub use side_by_side::side_by_side;

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
