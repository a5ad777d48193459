//! The numbers in others' formats: one row a score (CSV, JSON lines, Parquet), and the files of lm-evaluation-harness.

mod csv;
mod lm_eval;
mod parquet;
mod scores;

pub use csv::{csv, json_lines};
pub use lm_eval::write_lm_eval;
pub use parquet::parquet;
pub use scores::{ScoreRow, score_rows};
