//! `spyglass demo`: the pilot run, swept and reported.

use super::sweep::carry_out;
use super::{Exit, Threads};
use crate::Result;
use crate::executor::Capacity;
use crate::results::Store;
use crate::run_file::{RunFile, unpack};
use crate::sweep::{Overrides, Work};
use clap::Args;
use std::path::PathBuf;

/// Score and report the pilot run that is part of the program
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The folder to unpack it into
    #[arg(long, value_name = "DIR", default_value = "spyglass-demo")]
    out: PathBuf,
    #[command(flatten)]
    threads: Threads,
}

impl Demo {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        fs_err::create_dir_all(&self.out)?;
        let run = RunFile::read(&unpack(&self.out)?)?;
        let store = Store::create(&run.results)?;
        let work = Work::of_run(&run, &Overrides::default())?;
        carry_out(work, store, Capacity::default())
    }
}
