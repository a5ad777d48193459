//! The run file: what was asked for, as it stands in `run.yaml`.

mod branch;
mod demo;
mod file;
mod init;
mod phases;
mod settings;
mod values;

pub use branch::{BranchSpec, LogColumns, LogSpec, ParentSpec, StepsSpec};
pub use demo::unpack;
pub use file::{RunFile, TaskSpec};
pub use init::{FirstFile, run_file_for};
pub use phases::{PhaseSpec, PhasesSpec};
pub use settings::{BosSpec, CheckpointOrder, DtFloorSpec, ModelSpec, PrecisionSpec, ScheduleSpec};
pub(crate) use values::{WordOrMap, count_schema, word_or_map, word_or_map_schema};
