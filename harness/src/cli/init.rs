//! `spyglass init`: a first run file.

use super::{Exit, print, say};
use crate::results::write_whole;
use crate::run_file::run_file_for;
use crate::{Error, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Write a commented run.yaml from what lies in a folder of checkpoints
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder that holds one folder a checkpoint, or one folder a branch
    #[arg(value_name = "CHECKPOINT_DIR")]
    folder: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "run.yaml")]
    out: PathBuf,
}

impl Init {
    pub(super) fn run(&self) -> Result<Exit> {
        if self.out.exists() {
            return Err(Error::Usage {
                problem: format!("{} is there already", self.out.display()),
                help: "name another file with --out, or remove this one".into(),
            });
        }
        let first = run_file_for(&self.folder, self.out.parent().unwrap_or(Path::new("")))?;
        write_whole(&self.out, first.text.as_bytes())?;
        first.left_out.iter().for_each(|left_out| say(&format!("left out: {left_out}")));
        print(&format!("{}\n", self.out.display()))?;
        say(&format!("look through it, then: spyglass plan {}", self.out.display()));
        Ok(Exit::Well)
    }
}
