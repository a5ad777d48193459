//! What a gate looks at: the checkpoint, its baselines, and what else the run has results of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use spyglass_dashboards::alarms::Alarm;
use spyglass_dashboards::gate::alarms_at;

use crate::Result;
use crate::results::{Side, Snapshot, Store, gather, is_run, split_name};

/// A checkpoint as it is named: in a run of its own, or in the policy's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The run file or results folder; `None` for the policy's.
    pub(crate) run: Option<PathBuf>,
    /// `BRANCH[@STEP]`; empty for the newest of the trunk.
    pub(crate) place: String,
}

impl Named {
    /// Reads `RUN.yaml[:BRANCH[@STEP]]` or `BRANCH[@STEP]`; a run is looked for in `folder`.
    pub(crate) fn read(text: &str, folder: &Path) -> Self {
        let whole = folder.join(text).display().to_string();
        let (path, place) = split_name(&whole);
        let looks_so = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_run(&path) || looks_so {
            return Self { run: Some(path), place: place.to_owned() };
        }
        Self { run: None, place: text.to_owned() }
    }
}

/// A checkpoint, its baselines by their names in the policy, and the rest that rules ask for.
#[derive(Debug)]
pub(crate) struct Sides {
    /// The checkpoint that is judged.
    pub(crate) here: Side,
    /// What drops are measured against.
    pub(crate) baselines: BTreeMap<String, Side>,
    /// Alarms that speak at it; `None` where no rule asks.
    pub(crate) alarms: Option<Vec<Alarm>>,
    /// Tasks, groups and packs that any checkpoint of the run has results of.
    pub(crate) known: BTreeSet<String>,
}

impl Sides {
    /// The checkpoint `here` in its run, without baselines.
    ///
    /// # Errors
    /// The results cannot be read.
    pub(crate) fn new(here: Side, store: &Store, snapshot: Snapshot, asks_alarms: bool) -> Result<Self> {
        let (units, _) = store.units()?;
        let mut known: BTreeSet<String> = units.into_iter().map(|(_, record)| record.task).collect();
        known.extend(snapshot.groups.iter().map(|group| group.name.clone()));
        known.extend(snapshot.composites.iter().map(|composite| composite.name.clone()));
        let alarms = asks_alarms.then(|| gather(store, snapshot)).transpose()?;
        let alarms = alarms.map(|gathered| alarms_at(gathered.run, &here.checkpoint));
        Ok(Self { here, baselines: BTreeMap::new(), alarms, known })
    }
}
