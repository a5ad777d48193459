//! Runs: the command line, the run file, checkpoints on disk, the plan, the results folder, and what carries a plan out.

mod ask;
mod checkpoint;
mod cli;
mod cluster;
mod error;
mod executor;
mod export;
#[cfg(test)]
mod fuzz;
mod gate;
mod hub;
mod import;
mod measure;
mod memory;
mod progress;
mod ratings;
mod results;
mod run_file;
mod serve;
mod suite;
mod sweep;
mod talk;
mod training;
mod values;
mod watch;

pub use checkpoint::{Discovered, discover_tree};
pub use error::{Error, Result};
pub use export::{ScoreRow, csv, json_lines, parquet, score_rows, write_lm_eval};
pub use import::{Imported, Options as ImportOptions, import_lm_eval};
pub use results::{Store, gather};
pub use run_file::{RunFile, TaskSpec};
pub use suite::{Suite, TaskSource, catalogue};
pub use talk::{ChatModel, run_conversations};

/// Runs the program.
pub fn main() -> std::process::ExitCode {
    cli::main()
}
