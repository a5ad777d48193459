//! From the results folder to the run that analysis and report work on.

use crate::Result;
use crate::executor::now;
use crate::store::{Snapshot, Store, UnitFolder};
use rayon::prelude::*;
use spyglass_dashboards::run::{Run, Unit, UnitRecord};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A run with its results, and what of the results could not be read.
#[derive(Debug)]
pub struct Gathered {
    /// The run.
    pub run: Run,
    /// A message for each unit that is damaged and left out.
    pub damaged: Vec<String>,
}

/// Which units tell of the same thing, so that the newest of them counts.
fn subject(record: &UnitRecord) -> (String, u64, Option<String>, String, usize, Option<String>) {
    let at = &record.checkpoint;
    let perturb = record.inputs.perturb.clone();
    (at.branch.clone(), at.step, at.variant.clone(), record.task.clone(), record.shots, perturb)
}

/// Reads all units of a results folder. Of several for one branch, step, task and settings the newest counts, the others are
/// listed under provenance.
///
/// # Errors
/// The folder cannot be read. A single damaged unit is no error: it is named and left out.
pub fn gather(store: &Store, snapshot: Snapshot) -> Result<Gathered> {
    let (units, mut damaged) = store.units()?;
    let mut newest: BTreeMap<_, (UnitFolder, UnitRecord)> = BTreeMap::new();
    let mut superseded = Vec::new();
    for (folder, record) in units {
        match newest.entry(subject(&record)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert((folder, record));
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let older = if (&place.get().1.finished, &place.get().1.key) < (&record.finished, &record.key) {
                    place.insert((folder, record)).1
                } else {
                    record
                };
                superseded.push(older);
            }
        }
    }
    let newest: Vec<_> = newest.into_values().collect();
    let read = |(folder, record): (UnitFolder, UnitRecord)| match folder.items(&record) {
        Ok(items) => Ok(Unit { record, items: Arc::new(items) }),
        Err(error) => Err(error.in_full()),
    };
    let mut whole = Vec::with_capacity(newest.len());
    for unit in newest.into_par_iter().map(read).collect::<Vec<_>>() {
        match unit {
            Ok(unit) => whole.push(unit),
            Err(message) => damaged.push(message),
        }
    }
    let run = Run {
        name: snapshot.name,
        tree: snapshot.tree,
        units: whole,
        superseded,
        packs: Vec::new(),
        ratings: Vec::new(),
        failures: store.failures(),
        texts: store.texts(),
        groups: snapshot.groups,
        run_file: snapshot.run_file,
        generated: now(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    Ok(Gathered { run, damaged })
}

/// Where the report of a results folder lies.
pub fn report_folder(store: &Store) -> PathBuf {
    store.root().join("report")
}
