//! The plan: which units a sweep has to score, in which order, and what they will cost.

mod estimate;
mod only;
mod schedule;
mod units;

pub use estimate::{Estimate, estimate};
pub use only::Only;
pub use schedule::order;
pub use units::{Plan, PlannedCheckpoint, PlannedUnit, Standing};
pub(crate) use units::{checkpoint_name, unit_folder};
