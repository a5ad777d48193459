//! The run file: what was asked for, as it stands in `run.yaml`.

mod branch;
mod cluster;
mod demo;
mod file;
mod init;
mod init_hub;
mod listed;
mod phases;
mod settings;
mod storage;
mod values;
mod watch;

pub(crate) use branch::{BranchSpec, LogColumns, LogSpec, ParentSpec, StepsSpec, TRUNK};
pub(crate) use cluster::ClusterSpec;
pub(crate) use demo::unpack;
pub use file::{RunFile, TaskSpec};
pub(crate) use init::run_file_for;
pub(crate) use init_hub::run_file_for_hub;
pub(crate) use phases::PhasesSpec;
pub(crate) use settings::{BosSpec, CheckpointOrder, DtFloorSpec, MisplacedSpec, PrecisionSpec, ScheduleSpec};
pub(crate) use storage::KeepSpec;
pub(crate) use values::{WordOrMap, count_schema, word_or_map, word_or_map_schema};
pub(crate) use watch::{WatchOrder, parse as parse_time};
