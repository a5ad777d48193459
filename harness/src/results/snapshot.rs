//! The run as it was when it was last swept, so that the report needs neither checkpoints nor logs.

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{Branch, Checkpoint, Composite, RunTree, StockList, TaskGroup, UnitRecord};

use super::{Store, UnitFolder, write_whole};
use crate::{Error, Result};

/// Contents of `results/run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The run's name.
    pub name: String,
    /// Branches, checkpoints, logs, phases.
    pub tree: RunTree,
    /// The groups that the run file asks for.
    #[serde(default)]
    pub groups: Vec<TaskGroup>,
    /// The composite scores that it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composites: Vec<Composite>,
    /// The stock phrases that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_phrases: Option<StockList>,
    /// The run file's text.
    pub run_file: String,
}

impl Snapshot {
    /// Takes over the checkpoints of `older` that have left the disk since and still have a unit: a training run deletes its
    /// old checkpoints, and their scores stay on the curve.
    pub fn keep_scored(&mut self, older: &Self, units: &[(UnitFolder, UnitRecord)]) {
        for branch in &mut self.tree.branches {
            let Some(before) = older.tree.branch(&branch.name) else { continue };
            for checkpoint in &before.checkpoints {
                let is_there = branch.checkpoints.iter().any(|known| known.at() == checkpoint.at());
                if !is_there && units.iter().any(|(_, unit)| unit.checkpoint.at() == checkpoint.at()) {
                    branch.checkpoints.push(checkpoint.clone());
                    let known = older.tree.misplaced.iter().filter(|known| known.at() == checkpoint.at());
                    self.tree.misplaced.extend(known.cloned());
                }
            }
            branch.checkpoints.sort_by(|a, b| (a.step, &a.variant).cmp(&(b.step, &b.variant)));
        }
    }
}

impl Snapshot {
    /// Takes over whole branches of `older` whose folders are gone, or are not there just now, as far as they are scored.
    pub(crate) fn keep_branches(&mut self, older: &Self, units: &[(UnitFolder, UnitRecord)]) {
        let is_scored = |at: &Checkpoint| units.iter().any(|(_, unit)| unit.checkpoint.at() == at.at());
        let mut now = std::mem::take(&mut self.tree.branches);
        for before in &older.tree.branches {
            if let Some(index) = now.iter().position(|branch| branch.name == before.name) {
                self.tree.branches.push(now.remove(index));
                continue;
            }
            let checkpoints: Vec<Checkpoint> = before.checkpoints.iter().filter(|at| is_scored(at)).cloned().collect();
            if !checkpoints.is_empty() {
                self.tree.branches.push(Branch { checkpoints, ..before.clone() });
            }
        }
        self.tree.branches.extend(now);
    }
}

impl Store {
    /// The run as it was when it was last swept; `None` where nothing was.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn snapshot(&self) -> Result<Option<Snapshot>> {
        let path = self.root().join("run.json");
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| Error::Results {
            path,
            problem: format!("is damaged ({error})"),
            help: "remove it and sweep again: no score is lost".into(),
        })
    }

    /// Keeps the run as it is now.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let text = serde_json::to_string(snapshot).expect("plain data");
        write_whole(&self.root().join("run.json"), text.as_bytes())
    }
}
