//! `spyglass list`: what there is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use spyglass_tasks::metric::METRICS;
use spyglass_tasks::vibes::{PackCatalogue, checks};
use spyglass_tasks::{Entry, EntryKind};

use super::{Exit, print};
use crate::Result;
use crate::suite::catalogue;
use crate::training::{Preset, presets};

/// List what there is to choose from
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to list
    what: What,
    /// Folders with task files of your own
    #[arg(long, value_name = "DIR")]
    task_folder: Vec<PathBuf>,
    /// Folders with prompt packs of your own
    #[arg(long, value_name = "DIR")]
    pack_folder: Vec<PathBuf>,
    /// The tasks of large groups, too
    #[arg(long)]
    all: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Tasks of a group above which they are folded into its line.
const MANY: usize = 10;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Tasks and groups
    Tasks,
    /// Prompt packs
    Packs,
    /// Checks of what a model says
    Checks,
    /// Metrics
    Metrics,
    /// Training schedules of public runs, for `training:` in the run file
    Schedules,
    /// Architectures of models, by `model_type` in their config.json
    Architectures,
}

impl List {
    pub(super) fn run(&self) -> Result<Exit> {
        let rows = match self.what {
            What::Tasks => self.tasks()?,
            What::Packs => self.packs()?,
            What::Checks => checks::list().into_iter().map(|check| (check.name, check.about)).collect(),
            What::Architectures => spyglass_model::architectures()
                .iter()
                .map(|known| (known.model_type.to_owned(), format!("{}: {}", known.family, known.about)))
                .collect(),
            What::Schedules => {
                let about = |known: &Preset| format!("{} (source: {})", known.of.join(", "), known.source);
                presets().iter().map(|known| (known.name.clone(), about(known))).collect()
            }
            What::Metrics => {
                METRICS.iter().map(|metric| (metric.name.to_owned(), metric.description.to_owned())).collect()
            }
        };
        if self.json {
            let line = |(name, about): &(String, String)| json!({"name": name, "about": about}).to_string() + "\n";
            print(&rows.iter().map(line).collect::<String>())?;
            return Ok(Exit::Well);
        }
        let widest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let lines = rows.iter().map(|(name, about)| format!("{name:widest$}  {about}").trim_end().to_owned() + "\n");
        print(&lines.collect::<String>())?;
        Ok(Exit::Well)
    }

    fn tasks(&self) -> Result<Vec<(String, String)>> {
        let about = |entry: &Entry| {
            let details = [entry.split.as_deref(), entry.licence.as_deref()].into_iter().flatten();
            let details = details.collect::<Vec<_>>().join(", ");
            let about = entry.about.as_deref().unwrap_or_default();
            if details.is_empty() { about.to_owned() } else { format!("{about} ({details})") }
        };
        let catalogue = catalogue(&self.task_folder)?;
        let entries = catalogue.entries();
        let mut folded = BTreeSet::new();
        let mut rows = Vec::new();
        for entry in &entries {
            let mut told = about(entry);
            if entry.kind == EntryKind::Group && !self.all {
                let leaves = catalogue.select(&entry.name)?.leaves;
                if leaves.len() > MANY {
                    told += &format!(" [{} tasks, listed with --all]", leaves.len());
                    folded.extend(leaves.into_iter().map(|leaf| leaf.name));
                }
            }
            rows.push((entry.name.clone(), told));
        }
        rows.retain(|(name, _)| !folded.contains(name));
        Ok(rows)
    }

    fn packs(&self) -> Result<Vec<(String, String)>> {
        let mut catalogue = PackCatalogue::shipped()?;
        for folder in &self.pack_folder {
            catalogue.with_folder(folder)?;
        }
        Ok(catalogue.packs().map(|pack| (pack.name.clone(), pack.description.clone())).collect())
    }
}
