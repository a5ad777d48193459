//! From the results folder to the run that analysis and report work on.

use crate::Result;
use crate::ask::now;
use crate::results::{Snapshot, Store, UnitFolder, is_pack};
use rayon::prelude::*;
use spyglass_dashboards::run::{PackUnit, Run, Unit, UnitRecord};
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

/// A unit with what lies beside its summary.
enum Read {
    Task(Unit),
    Pack(PackUnit),
}

/// What a unit tells of.
type Subject = (bool, String, u64, Option<String>, String, usize, Option<String>);

/// Which units tell of the same thing, so that the newest of them counts.
fn subject(record: &UnitRecord) -> Subject {
    let at = &record.checkpoint;
    let perturb = record.inputs.perturb.clone();
    (is_pack(record), at.branch.clone(), at.step, at.variant.clone(), record.task.clone(), record.shots, perturb)
}

/// Reads all units of a results folder. Of several for one branch, step, task and settings the newest counts, the others are
/// listed under provenance.
///
/// # Errors
/// The folder cannot be read. A single damaged unit is no error: it is named and left out.
pub fn gather(store: &Store, snapshot: Snapshot) -> Result<Gathered> {
    gather_some(store, snapshot, |_| true)
}

/// [`gather`] of the units that are `wanted`; the items of the others are not read.
///
/// # Errors
/// The folder cannot be read.
pub fn gather_some(store: &Store, snapshot: Snapshot, wanted: impl Fn(&UnitRecord) -> bool) -> Result<Gathered> {
    let (mut units, mut damaged) = store.units()?;
    units.retain(|(_, record)| wanted(record));
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
    let read = |(folder, record): (UnitFolder, UnitRecord)| {
        let unit = if is_pack(&record) {
            let transcripts = folder.transcripts(&record);
            transcripts.map(|transcripts| Read::Pack(PackUnit { record, transcripts: Arc::new(transcripts) }))
        } else {
            folder.items(&record).map(|items| Read::Task(Unit { record, items: Arc::new(items) }))
        };
        unit.map_err(|error| error.in_full())
    };
    let newest: Vec<_> = newest.into_values().collect();
    let (mut whole, mut packs) = (Vec::with_capacity(newest.len()), Vec::new());
    for unit in newest.into_par_iter().map(read).collect::<Vec<_>>() {
        match unit {
            Ok(Read::Task(unit)) => whole.push(unit),
            Ok(Read::Pack(unit)) => packs.push(unit),
            Err(message) => damaged.push(message),
        }
    }
    let ratings = store.ratings().unwrap_or_else(|error| {
        damaged.push(error.in_full());
        Vec::new()
    });
    let run = Run {
        name: snapshot.name,
        tree: snapshot.tree,
        units: whole,
        superseded,
        packs,
        ratings,
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
