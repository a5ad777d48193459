//! Runs: the command line, the run file, checkpoints on disk, the plan, the results folder, and what carries a plan out.

mod ask;
pub mod checkpoint;
mod cli;
mod error;
mod executor;
pub mod export;
pub mod import;
pub mod measure;
mod progress;
pub mod ratings;
pub mod results;
pub mod run_file;
pub mod sweep;
pub mod talk;
mod training;

pub use error::{Error, Result};

/// Runs the program.
pub fn main() -> std::process::ExitCode {
    cli::main()
}
