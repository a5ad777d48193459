//! `spyglass completions`: what a shell needs to complete a command line.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, Exit, print};
use crate::Result;

/// Print completions for a shell, such as `spyglass completions bash > ~/.local/share/bash-completion/completions/spyglass`
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<Exit> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "spyglass", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Well)
    }
}
