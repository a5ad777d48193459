//! `spyglass list`: what there is.

use super::{Exit, print};
use crate::Result;
use crate::suite::catalogue;
use clap::{Args, ValueEnum};
use spyglass_tasks::metric::METRICS;
use std::path::PathBuf;

/// List what there is to choose from
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to list
    what: What,
    /// Folders with task files of your own
    #[arg(long, value_name = "DIR")]
    task_folder: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Tasks and groups
    Tasks,
    /// Metrics
    Metrics,
}

impl List {
    pub(super) fn run(&self) -> Result<Exit> {
        let rows = match self.what {
            What::Tasks => self.tasks()?,
            What::Metrics => {
                METRICS.iter().map(|metric| (metric.name.to_owned(), metric.description.to_owned())).collect()
            }
        };
        let widest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let lines = rows.iter().map(|(name, about)| format!("{name:widest$}  {about}").trim_end().to_owned() + "\n");
        print(&lines.collect::<String>())?;
        Ok(Exit::Well)
    }

    fn tasks(&self) -> Result<Vec<(String, String)>> {
        Ok(catalogue(&self.task_folder)?.list())
    }
}
