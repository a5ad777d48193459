//! The run file: what was asked for, as it stands in `run.yaml`.

mod file;
mod values;

pub use file::{
    BranchSpec, CheckpointOrder, DtFloorSpec, LogColumns, LogSpec, ModelSpec, ParentSpec, PhaseSpec, PhasesSpec,
    PrecisionSpec, RunFile, ScheduleSpec, StepsSpec, TaskSpec,
};
