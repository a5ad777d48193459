//! The numbers in others' formats: one row a score (CSV, JSON lines, Parquet), and the files of lm-evaluation-harness.

mod csv;
mod lm_eval;
mod openmetrics;
mod parquet;
mod scores;
mod tensorboard;

pub use csv::{csv, json_lines};
pub use lm_eval::{Written, write_lm_eval};
pub use openmetrics::openmetrics;
pub use parquet::parquet;
pub use scores::{ScoreRow, score_rows};
pub(crate) use tensorboard::masked_checksum;
pub use tensorboard::{FILE_NAME as EVENT_FILE, tensorboard};
