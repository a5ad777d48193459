//! Runs: the command line, the run file, checkpoints on disk, the plan, the results folder, and what carries a plan out.

pub mod bench;
pub mod bench_against;
pub mod checkpoint;
mod cli;
pub mod compare;
pub mod demo;
mod error;
pub mod executor;
pub mod export;
pub mod gather;
pub mod import;
pub mod init;
pub mod interrupt;
pub mod plan;
pub mod precision;
pub mod ratings;
pub mod run_file;
pub mod search;
pub mod store;
pub mod suite;
pub mod sweep;
pub mod table;
pub mod tokenise;
pub mod vibes;
pub mod work;

pub use error::{Error, Result};

/// Runs the program.
pub fn main() -> std::process::ExitCode {
    cli::main()
}
