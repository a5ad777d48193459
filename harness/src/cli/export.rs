//! `spyglass export`: the numbers in others' formats.

use super::report::snapshot_of;
use super::{Exit, print, say};
use crate::Result;
use crate::export::{csv, json_lines, parquet, score_rows, write_lm_eval};
use crate::results::{Store, gather, write_whole};
use crate::run_file::RunFile;
use crate::sweep::Suite;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write the scores of a run in another program's format
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The run file
    run: PathBuf,
    /// The format
    #[arg(long)]
    to: Format,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// One row a score
    Csv,
    /// One JSON object a score
    Jsonl,
    /// One row a score
    Parquet,
    /// The files of lm-evaluation-harness, one folder a checkpoint; samples where the tasks' data are at hand
    LmEval,
}

impl Export {
    pub(super) fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let store = Store::open(&run.results);
        let gathered = gather(&store, snapshot_of(&run, &store)?)?;
        for message in &gathered.damaged {
            say(&format!("left out: {}", message.replace('\n', "\n  ")));
        }
        fs_err::create_dir_all(&self.out)?;
        let rows = |name: &str, write: fn(&[crate::export::ScoreRow]) -> Vec<u8>| {
            let path = self.out.join(name);
            write_whole(&path, &write(&score_rows(&gathered.run))).map(|()| vec![path])
        };
        let files = match self.to {
            Format::Csv => rows("scores.csv", csv)?,
            Format::Jsonl => rows("scores.jsonl", json_lines)?,
            Format::Parquet => rows("scores.parquet", parquet)?,
            Format::LmEval => {
                let written = write_lm_eval(&gathered.run, &Suite::of_run(&run, None)?, &self.out)?;
                written.warnings.iter().for_each(|warning| say(&warning.replace('\n', "\n  ")));
                written.files
            }
        };
        print(&files.iter().map(|path| path.display().to_string() + "\n").collect::<String>())?;
        Ok(if gathered.damaged.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}
