//! `spyglass ratings merge`: what several readers thought, brought into the results.

use super::{Exit, counted, say};
use crate::run_file::RunFile;
use crate::store::Store;
use crate::{Error, Result};
use clap::{Args, Subcommand};
use spyglass_dashboards::run::Rating;
use std::path::{Path, PathBuf};

/// Readers' ratings of transcripts
#[derive(Debug, Args)]
pub(super) struct Ratings {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add files that the report's pages exported to the results of a run; `spyglass report` then shows them
    Merge {
        /// The run file
        run: PathBuf,
        /// Exported ratings, one JSON object a line
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

impl Ratings {
    pub(super) fn run(&self) -> Result<Exit> {
        let What::Merge { run, files } = &self.what;
        let run = RunFile::read(run)?;
        let read = files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
        let store = Store::create(&run.results)?;
        let before = store.ratings()?.len();
        let all = store.add_ratings(read.into_iter().flatten())?;
        say(&format!("{}, {} in all", counted(all - before, "new rating"), all));
        Ok(Exit::Well)
    }
}

fn read(file: &Path) -> Result<Vec<Rating>> {
    let text = fs_err::read_to_string(file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rating = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| Error::Line {
            file: file.to_path_buf(),
            line: index + 1,
            what: format!("is no rating ({error})"),
            help: "name the file that `export my ratings` on the report's vibes page saved".into(),
        })
    };
    lines.map(rating).collect()
}
