//! The plan: which units a sweep has to score, in which order, and what they will cost.

mod estimate;
mod inputs;
mod schedule;
mod units;

pub use estimate::{Estimate, estimate};
pub use schedule::order;
pub(crate) use units::checkpoint_name;
pub use units::{Plan, PlannedCheckpoint, PlannedUnit, UnitStatus};
