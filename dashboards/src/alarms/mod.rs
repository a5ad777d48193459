//! Alarms: reasons to look, never verdicts. One file each, with its rule, its numbers and its wording, and one line in `rules.rs`.

mod alarm;
mod letters;
mod log;
mod lone_jump;
mod loss;
mod no_number;
mod perturbed_gap;
mod plateau;
mod regressed;
mod rules;
mod same_weights;
mod ties;

pub use alarm::{Alarm, AlarmKind, Evidence, Place};
pub(crate) use letters::letters_note;
pub use letters::{Letters, LettersVerdict, letters};
pub use lone_jump::{LoneJump, lone_jump};
pub use perturbed_gap::{Gap, GapVerdict, PerturbedGap, perturbed_gap};
pub(crate) use rules::{Seen, alarms};
pub use same_weights::same_weights;
pub use ties::ties;
