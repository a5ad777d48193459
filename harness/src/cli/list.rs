//! `spyglass list`: what there is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use spyglass_tasks::metric::METRICS;
use spyglass_tasks::vibes::{PackCatalogue, checks};
use spyglass_tasks::{Entry, EntryKind, Task};

use super::{Exit, print, say};
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
    /// Folders searched for the tasks' data
    #[arg(long, value_name = "DIR", default_value = "data", env = "SPYGLASS_DATA", value_delimiter = ':')]
    data: Vec<PathBuf>,
    /// The tasks of large groups, too
    #[arg(long)]
    all: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What is said of a task's data.
const FOUND: &str = "found";
const PARTLY: &str = "of some tasks missing";
const MISSING: &str = "missing";
const NOT_NEEDED: &str = "not needed";

/// Whether the data of these tasks are in one of the folders.
fn data_of(tasks: &[Task], folders: &[PathBuf]) -> &'static str {
    let asked: Vec<bool> = tasks.iter().filter(|task| !task.brings_data()).map(|task| task.has_data(folders)).collect();
    match asked.iter().filter(|found| **found).count() {
        _ if asked.is_empty() => NOT_NEEDED,
        0 => MISSING,
        found if found == asked.len() => FOUND,
        _ => PARTLY,
    }
}

/// Names and what they are, in two columns.
fn columns(rows: &[(String, String)]) -> String {
    let widest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(name, about)| format!("{name:widest$}  {about}").trim_end().to_owned() + "\n").collect()
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
            What::Tasks => return self.print_tasks(),
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
        } else {
            print(&columns(&rows))?;
        }
        Ok(Exit::Well)
    }

    fn print_tasks(&self) -> Result<Exit> {
        let rows = self.tasks()?;
        if self.json {
            let line = |(name, about, data): &(String, String, &str)| {
                json!({"name": name, "about": about, "data": data}).to_string() + "\n"
            };
            print(&rows.iter().map(line).collect::<String>())?;
            return Ok(Exit::Well);
        }
        let is_missing = rows.iter().any(|(.., data)| [MISSING, PARTLY].contains(data));
        let told = |(name, about, data): (String, String, &str)| {
            let data = if data == NOT_NEEDED { String::new() } else { format!(" [data {data}]") };
            (name, about + &data)
        };
        print(&columns(&rows.into_iter().map(told).collect::<Vec<_>>()))?;
        if is_missing {
            let folders: Vec<String> = self.data.iter().map(|folder| folder.display().to_string()).collect();
            say(&format!("data were looked for in {}; `spyglass pull --data TASK` fetches them", folders.join(", ")));
        }
        Ok(Exit::Well)
    }

    /// Tasks and groups: name, what it is, and whether its data are here.
    fn tasks(&self) -> Result<Vec<(String, String, &'static str)>> {
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
            let leaves = catalogue.select(&entry.name)?.leaves;
            let data = data_of(&leaves, &self.data);
            if entry.kind == EntryKind::Group && !self.all && leaves.len() > MANY {
                told += &format!(" [{} tasks, listed with --all]", leaves.len());
                folded.extend(leaves.into_iter().map(|leaf| leaf.name));
            }
            rows.push((entry.name.clone(), told, data));
        }
        rows.retain(|(name, ..)| !folded.contains(name));
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
