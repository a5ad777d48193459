//! `spyglass man`: manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Exit, print};
use crate::Result;
use crate::results::write_whole;

/// Write manual pages into a folder, one for each command
#[derive(Debug, Args)]
pub(super) struct ManPages {
    /// The folder, such as `~/.local/share/man/man1`
    folder: PathBuf,
}

impl ManPages {
    pub(super) fn run(&self) -> Result<Exit> {
        fs_err::create_dir_all(&self.folder)?;
        let mut all = Cli::command();
        all.build();
        let commands: Vec<_> = all.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
        for command in std::iter::once(all).chain(commands) {
            let name = command.get_display_name().unwrap_or("spyglass").to_owned();
            let path = self.folder.join(format!("{name}.1"));
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            write_whole(&path, &page)?;
            print(&format!("{}\n", path.display()))?;
        }
        Ok(Exit::Well)
    }
}
