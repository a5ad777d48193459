//! `spyglass export`: the numbers in others' formats.

use super::report::snapshot_of;
use super::{Exit, print, say};
use crate::Result;
use crate::export::{EVENT_FILE, csv, json_lines, openmetrics, parquet, score_rows, tensorboard, write_lm_eval};
use crate::results::{Store, gather, slug, write_whole};
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
    /// Event files of TensorBoard, one folder a branch, tokens seen as the step
    Tensorboard,
    /// The newest scores as a page for a scrape by Prometheus
    Openmetrics,
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
            Format::Tensorboard => {
                let branches = tensorboard(&score_rows(&gathered.run));
                let write = |(branch, events): (String, Vec<u8>)| {
                    let folder = self.out.join(slug(&branch));
                    fs_err::create_dir_all(&folder)?;
                    let path = folder.join(EVENT_FILE);
                    write_whole(&path, &events).map(|()| path)
                };
                branches.into_iter().map(write).collect::<Result<_>>()?
            }
            Format::Openmetrics => {
                let path = self.out.join("metrics.prom");
                write_whole(&path, &openmetrics(&gathered.run.name, &score_rows(&gathered.run)))?;
                vec![path]
            }
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
