//! Results of other programs, brought into a results folder so that old runs can be drawn and analysed here.

mod foreign;
mod groups;
mod lm_eval;
mod lm_eval_files;
mod results_file;
mod samples;
mod scores;
mod table;

pub use lm_eval::{Imported, Options, import_lm_eval};
pub(crate) use scores::read_scores;
pub(crate) use table::{Chosen, TableOptions, import_table, is_table};
