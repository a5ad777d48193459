//! The plan: which units a sweep has to score, in which order, and what they will cost.

mod estimate;
mod inputs;
mod opened;
mod rates;
mod schedule;
mod units;

pub(crate) use estimate::{Estimate, TooLarge, estimate};
pub(in crate::sweep) use inputs::unit_inputs;
pub(in crate::sweep) use opened::{Contents, contents};
pub(in crate::sweep) use rates::Rates;
pub(crate) use schedule::order;
pub(crate) use units::checkpoint_name;
pub(crate) use units::{Plan, PlannedCheckpoint, PlannedUnit, UnitStatus};
