//! From a run to its curves: what was measured of a task, a group or a part, and what holds of it along each path. Findings, alarms,
//! report and exports read them here.

mod anneal;
mod answer_format;
mod calm;
pub mod chance;
mod composite;
pub(crate) mod constant;
pub(crate) mod dryness;
mod group;
mod group_unit;
mod interval;
mod item_groups;
mod items;
mod long;
mod mean_gain;
mod measured;
mod metrics;
pub(crate) mod page;
mod paired;
pub(crate) mod parts;
pub(crate) mod path;
mod path_point;
mod point_data;
pub(crate) mod task;
mod values;

pub use anneal::{Basis, BranchGain};
pub use answer_format::AnswerFormat;
pub(crate) use composite::composite_of;
pub use composite::{CENTRED, add_composites};
pub use group::add_groups;
pub use group_unit::metrics as group_metrics;
pub(crate) use interval::{Estimate, are_shares, is_share};
pub(crate) use items::{ItemScores, by_metric, shared_ids};
pub(crate) use long::{AtLength, LongColumn, LongFamily, Scores, long_families};
pub use mean_gain::MeanGain;
pub(crate) use mean_gain::mean_gains;
pub use measured::is_fraction;
pub(crate) use measured::{is_mean_of_items, subjects};
pub(crate) use metrics::add_metrics;
pub use page::together;
pub(crate) use paired::paired;
pub use parts::PartFindings;
pub use path::PathFindings;
pub use path_point::{Difference, PathPoint, PhaseGrowth};
pub use task::{GrowthClaim, TaskFindings};
pub(crate) use values::Series;
