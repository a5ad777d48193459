//! Training schedules told as a formula, for runs whose log is not at hand: the learning rate and the tokens seen at any step.

mod amount;
mod batches;
mod piece;
mod presets;
mod schedule;
mod spec;

pub(crate) use amount::Amount;
pub(crate) use presets::{Preset, presets};
pub(crate) use schedule::Schedule;
pub(crate) use spec::TrainingSpec;
