//! The run file: what was asked for, as it stands in `run.yaml`.

mod branch;
mod cluster;
mod composites;
mod context;
mod demo;
mod dt_floor;
mod file;
mod init;
mod init_hub;
mod listed;
mod log_spec;
mod on_hub;
mod phases;
mod precision;
mod repositories;
mod rope;
mod schedule_spec;
mod settings;
mod stock_phrases;
mod storage;
mod task_spec;
mod watch;

pub(crate) use branch::{BranchSpec, ParentSpec, StepsSpec, TRUNK};
pub(crate) use cluster::ClusterSpec;
pub(crate) use composites::CompositeOption;
pub(crate) use context::ContextLimit;
pub(crate) use demo::unpack;
pub(crate) use dt_floor::DtFloorSpec;
pub use file::RunFile;
pub(crate) use init::run_file_for;
pub(crate) use init_hub::run_file_for_hub;
pub(crate) use log_spec::{LogColumns, LogSpec};
pub(crate) use on_hub::addresses;
pub(crate) use phases::PhasesSpec;
pub(crate) use precision::{PrecisionSpec, PrecisionsSpec};
pub(crate) use rope::RopeScale;
pub(crate) use schedule_spec::{CheckpointOrder, ScheduleSpec};
pub(crate) use settings::{BosSpec, MisplacedSpec, ReportSpec};
pub(crate) use storage::KeepSpec;
pub use task_spec::TaskSpec;
pub(crate) use watch::{WatchOrder, parse as parse_time};

#[cfg(test)]
mod wrong_values;
