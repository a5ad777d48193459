//! Learns and shows: a training run as plain data, emergence analysis, alarms, plots and the HTML report.
//!
//! One road from units to points: `run` → `analysis` (formulas) → `series` (values and curves) → `alarms` → `findings` (words) → `gate` (limits), `report`.
//! No room sees one that comes after it.

pub mod alarms;
pub mod analysis;
mod draws;
mod error;
pub mod findings;
pub mod gate;
pub mod number;
pub(crate) mod plots;
pub mod report;
pub mod run;
pub mod series;

pub use error::{Error, Result};
