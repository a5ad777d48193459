//! `spyglass export`: the numbers in others' formats.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::results::Results;
use super::{Exit, print, say};
use crate::Result;
use crate::export::{EVENT_FILE, csv, json_lines, openmetrics, parquet, score_rows, tensorboard, write_lm_eval};
use crate::results::{gather, slug, write_whole};
use crate::suite::Suite;

/// Write the scores of a run in another program's format
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The run file, or a results folder as `import` writes it
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
    /// The same event files, as `wandb sync --sync-tensorboard DIR` uploads them
    Wandb,
    /// The newest scores as a page for a scrape by Prometheus
    Openmetrics,
    /// The files of lm-evaluation-harness, one folder a checkpoint; samples where the tasks' data are at hand
    LmEval,
}

impl Export {
    pub(super) fn run(&self) -> Result<Exit> {
        let results = Results::open(&self.run)?;
        let gathered = gather(&results.store, results.snapshot)?;
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
            Format::Tensorboard | Format::Wandb => {
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
                let suite = results.run.map_or_else(|| Ok(Suite::default()), |run| Suite::of_run(&run, None))?;
                let written = write_lm_eval(&gathered.run, &suite, &self.out)?;
                written.warnings.iter().for_each(|warning| say(&warning.replace('\n', "\n  ")));
                written.files
            }
        };
        if matches!(self.to, Format::Wandb) {
            // the format of W&B's own offline runs is not published; its program takes TensorBoard's
            say(&format!("to upload them: `wandb sync --sync-tensorboard --project NAME {}`", self.out.display()));
        }
        print(&files.iter().map(|path| path.display().to_string() + "\n").collect::<String>())?;
        Ok(if gathered.damaged.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}
