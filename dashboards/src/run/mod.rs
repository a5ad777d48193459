//! A training run as plain data: what the harness has read from disk, and what analysis and report work on.

mod any_number;
mod axis;
mod group;
mod misplaced;
mod note;
mod rating;
mod results;
mod side_by_side;
mod subject;
mod text;
mod tree;
mod unit;

pub use axis::Axis;
pub use group::{GroupScores, TaskGroup};
pub use misplaced::Misplaced;
pub use note::{NOTE_LETTERS, Note, NoteAbout};
pub use rating::{Opinion, Rating, RatingPlace, Winner};
pub use results::Run;
pub use side_by_side::side_by_side;
pub use subject::Subject;
pub use text::{ItemText, TaskTexts};
pub use tree::{At, Branch, Checkpoint, Fork, LogEntry, Phase, PhaseStart, RunTree, TrainingLog};
pub use unit::{Chunk, Cost, Failure, PackUnit, Unit, UnitInputs, UnitRecord};
