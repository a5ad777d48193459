//! `spyglass demo`: the pilot run, swept and reported; or a public run from its published scores.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::gallery::write_olmo2;
use super::sweep::{Manner, carry_out};
use super::{Exit, Threads, print};
use crate::Result;
use crate::results::Store;
use crate::run_file::{RunFile, unpack};
use crate::sweep::{Overrides, Work};

/// Score a small bundled training run and write its report, or report a public run from its published scores
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Which run
    #[arg(long, value_enum, default_value_t)]
    run: Which,
    /// The folder to unpack it into: `spyglass-demo`, or `spyglass-olmo2`, unless given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Which {
    /// A small Zamba2 that comes with its checkpoints: everything is scored here
    #[default]
    Pilot,
    /// OLMo 2 7B and 13B, from the scores that their team published: when letters were learned
    Olmo2,
}

impl Demo {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let folder = |default: &str| self.out.clone().unwrap_or_else(|| default.into());
        match self.run {
            Which::Pilot => pilot(&folder("spyglass-demo")),
            Which::Olmo2 => {
                let report = write_olmo2(&folder("spyglass-olmo2"))?;
                print(&format!("{}\n", report.display()))?;
                Ok(Exit::Well)
            }
        }
    }
}

fn pilot(out: &Path) -> Result<Exit> {
    fs_err::create_dir_all(out)?;
    let run = RunFile::read(&unpack(out)?)?;
    let store = Store::create(&run.results)?;
    let work = Work::of_run(&run, &Overrides::default())?.with_data()?;
    carry_out(work, store, Manner { report: run.report, ..Manner::default() })
}
