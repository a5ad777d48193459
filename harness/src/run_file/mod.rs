//! The run file: what was asked for, as it stands in `run.yaml`.

mod branch;
mod demo;
mod file;
mod init;
mod listed;
mod phases;
mod settings;
mod values;

pub(crate) use branch::{BranchSpec, LogColumns, LogSpec, ParentSpec, StepsSpec, TRUNK};
pub(crate) use demo::unpack;
pub use file::{RunFile, TaskSpec};
pub(crate) use init::run_file_for;
pub(crate) use phases::PhasesSpec;
pub(crate) use settings::{BosSpec, CheckpointOrder, DtFloorSpec, MisplacedSpec, PrecisionSpec, ScheduleSpec};
pub(crate) use values::{WordOrMap, count_schema, word_or_map, word_or_map_schema};
