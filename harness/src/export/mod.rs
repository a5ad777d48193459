//! The numbers in others' formats: one row a score (CSV, JSON lines, Parquet), and the files of lm-evaluation-harness.

mod csv;
mod lm_eval;
mod openmetrics;
mod parquet;
mod score_row;
mod scores;
mod tensorboard;

pub use csv::{csv, json_lines};
pub use lm_eval::write_lm_eval;
pub(crate) use openmetrics::openmetrics;
pub use parquet::parquet;
pub use score_row::ScoreRow;
pub use scores::score_rows;
pub(crate) use tensorboard::masked_checksum;
pub(crate) use tensorboard::{FILE_NAME as EVENT_FILE, tensorboard};
