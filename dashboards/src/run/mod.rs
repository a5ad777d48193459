//! A training run as plain data: what the harness has read from disk, and what analysis and report work on.

mod any_number;
mod axis;
mod branch;
mod failure;
mod group;
mod misplaced;
mod opinion;
mod phase;
mod rating;
mod renamed;
mod results;
mod side_by_side;
mod subject;
mod text;
mod tokenizers;
mod training_log;
mod tree;
mod unit;
mod unit_record;

pub use axis::Axis;
pub use branch::{At, Branch, Checkpoint, Fork};
pub use failure::Failure;
pub use group::{GroupScores, TaskGroup};
pub use misplaced::Misplaced;
pub use opinion::{Opinion, Winner};
pub use phase::{Phase, PhaseStart};
pub use rating::{Rating, RatingPlace};
pub use results::Run;
pub use side_by_side::side_by_side;
pub use subject::Subject;
pub use text::{ItemText, TaskTexts};
pub use training_log::{LogEntry, TrainingLog};
pub use tree::RunTree;
pub use unit::{PackUnit, Unit};
pub use unit_record::{Chunk, Cost, UnitInputs, UnitRecord};
