//! Results of other programs, brought into a results folder so that old runs can be drawn and analysed here.

mod lm_eval;
mod samples;
mod step;

pub use lm_eval::{Imported, Options, import_lm_eval};
