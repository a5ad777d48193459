//! From a run to its curves: what was measured of a task, a group or a part, and what holds of it along each path. Findings, alarms,
//! report and exports read them here.

mod anneal;
mod calm;
pub mod chance;
pub(crate) mod constant;
mod group;
mod interval;
mod items;
mod measured;
mod metrics;
pub(crate) mod page;
pub(crate) mod parts;
pub(crate) mod path;
pub(crate) mod task;
mod values;

pub use anneal::{Basis, BranchGain};
pub use group::{add_groups, metrics as group_metrics};
pub(crate) use interval::{Estimate, are_shares, is_share};
pub(crate) use items::{ItemScores, by_metric, paired, shared_ids};
pub use measured::AnswerFormat;
pub use measured::is_fraction;
pub(crate) use measured::{is_mean_of_items, subjects};
pub(crate) use metrics::add_metrics;
pub use page::{MeanGain, together};
pub use parts::PartFindings;
pub use path::{Difference, PathFindings, PathPoint, PhaseGrowth};
pub use task::{GrowthClaim, TaskFindings};
pub(crate) use values::Series;
