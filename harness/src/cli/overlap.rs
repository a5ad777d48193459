//! `spyglass overlap`: does training text hold the items of a task?

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use spyglass_tasks::overlap::{Findings, Index, ItemOverlap, Passages, TaskOverlap, scan_folder};

use super::score::Tasks;
use super::{Exit, Threads, print, say};
use crate::Result;

/// Look for the items of tasks in training text: the items found, then each task's share, one JSON object a line
#[derive(Debug, Args)]
pub(super) struct OverlapRun {
    #[command(flatten)]
    tasks: Tasks,
    /// Folders with text: .txt, .md, .jsonl and .json, also .zst
    #[arg(long, value_name = "DIR", required = true)]
    text: Vec<PathBuf>,
    #[command(flatten)]
    threads: Threads,
}

/// One line; `kind` tells items from tasks.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Item(&'a ItemOverlap),
    Task(&'a TaskOverlap),
}

impl OverlapRun {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let suite = self.tasks.suite()?;
        let mut exit = Exit::Well;
        let mut passages = Vec::new();
        for task in &suite.tasks {
            match &task.items {
                Ok(items) => passages.extend(items.items.iter().map(|item| Passages::of(&task.task.name, item))),
                Err(error) => {
                    say(&error.in_full());
                    exit = Exit::SomeFailed;
                }
            }
        }
        let index = Index::new(&passages);
        let mut findings = Findings::default();
        for folder in &self.text {
            let (found, others) = scan_folder(&index, folder)?;
            findings = findings.and(found);
            for path in others {
                say(&format!("{}: passed over, no text by its name", path.display()));
            }
        }
        let overlap = index.overlap(&findings);
        let lines = overlap.found.iter().map(Line::Item).chain(overlap.tasks.iter().map(Line::Task));
        let text: String = lines.map(|line| serde_json::to_string(&line).expect("plain data") + "\n").collect();
        print(&text)?;
        say(&format!("{} words in {} documents were read", overlap.words, overlap.documents));
        Ok(exit)
    }
}
