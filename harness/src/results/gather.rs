//! From the results folder to the run that analysis and report work on.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use rayon::prelude::*;
use spyglass_dashboards::run::{PackUnit, Run, Unit, UnitRecord};
use spyglass_dashboards::series::add_composites;

use crate::Result;
use crate::results::prices::first_arithmetic;
use crate::results::{KeptUnits, Snapshot, Store, UnitFolder, is_pack, now};
use crate::run_file::PrecisionSpec;

/// A run with its results, and what of the results could not be read.
#[derive(Debug)]
pub struct Gathered {
    /// The run.
    pub run: Run,
    /// A message for each unit that is damaged and left out.
    pub damaged: Vec<String>,
    /// Those of them whose summary is whole: it is their items that are damaged.
    pub(crate) broken: Vec<UnitFolder>,
}

/// A unit with what lies beside its summary.
enum Read {
    Task(Unit),
    Pack(PackUnit),
}

/// What a unit tells of: of several that tell of the same, the newest counts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SameQuestion {
    is_pack: bool,
    branch: String,
    step: u64,
    variant: Option<String>,
    task: String,
    shots: usize,
    perturb: Option<String>,
}

impl SameQuestion {
    fn of(record: &UnitRecord) -> Self {
        let at = &record.checkpoint;
        Self {
            is_pack: is_pack(record),
            branch: at.branch.clone(),
            step: at.step,
            variant: at.variant.clone(),
            task: record.task.clone(),
            shots: record.shots,
            perturb: record.inputs.perturb.clone(),
        }
    }
}

/// Reads all units of a results folder. Of several for one branch, step, task and settings the newest counts, the others are
/// listed under provenance.
///
/// # Errors
/// The folder cannot be read. A single damaged unit is not an error: it is named and left out.
pub fn gather(store: &Store, snapshot: Snapshot) -> Result<Gathered> {
    gather_some(store, snapshot, |_| true)
}

/// [`gather`] of the units that are `wanted`; the items of the others are not read.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn gather_some(store: &Store, snapshot: Snapshot, wanted: impl Fn(&UnitRecord) -> bool) -> Result<Gathered> {
    let (mut units, mut damaged) = store.units()?;
    let under_way = store.under_way(&units);
    units.retain(|(_, record)| wanted(record));
    let (newest, superseded) = newest_of_each(units, first_arithmetic(&snapshot.run_file));
    let read = |(folder, record): (UnitFolder, UnitRecord)| {
        let unit = if is_pack(&record) {
            let transcripts = folder.transcripts(&record);
            transcripts.map(|transcripts| Read::Pack(PackUnit { record, transcripts: Arc::new(transcripts) }))
        } else {
            folder.items(&record).map(|items| Read::Task(Unit { record, items: Arc::new(items) }))
        };
        unit.map_err(|error| (folder, error.in_full()))
    };
    let (mut whole, mut packs) = (Vec::with_capacity(newest.len()), Vec::new());
    let mut broken = Vec::new();
    for unit in newest.into_par_iter().map(read).collect::<Vec<_>>() {
        match unit {
            Ok(Read::Task(unit)) => whole.push(unit),
            Ok(Read::Pack(unit)) => packs.push(unit),
            Err((folder, message)) => {
                damaged.push(message);
                broken.push(folder);
            }
        }
    }
    let ratings = store.ratings().unwrap_or_else(|error| {
        damaged.push(error.in_full());
        Vec::new()
    });
    let (notes, bad_notes) = store.notes();
    damaged.extend(bad_notes);
    let mut run = Run {
        name: snapshot.name,
        tree: snapshot.tree,
        units: whole,
        superseded,
        packs,
        ratings,
        notes,
        failures: store.failures(),
        under_way,
        texts: store.texts(),
        groups: snapshot.groups,
        stock_phrases: snapshot.stock_phrases,
        run_file: snapshot.run_file,
        mark: store.mark(),
        generated: now(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    damaged.extend(add_composites(&mut run, &snapshot.composites));
    Ok(Gathered { run, damaged, broken })
}

/// Of units that tell of the same thing the newest, and all the others; those in another arithmetic than the `first` only where there are no
/// others: what that costs is told against it.
fn newest_of_each(units: KeptUnits, first: Option<PrecisionSpec>) -> (KeptUnits, Vec<UnitRecord>) {
    let rank = |record: &UnitRecord| {
        (
            first.is_some_and(|first| record.inputs.precision == first.name()),
            record.finished.clone(),
            record.key.clone(),
        )
    };
    let mut newest: BTreeMap<SameQuestion, (UnitFolder, UnitRecord)> = BTreeMap::new();
    let mut superseded = Vec::new();
    for (folder, record) in units {
        match newest.entry(SameQuestion::of(&record)) {
            Entry::Vacant(place) => {
                place.insert((folder, record));
            }
            Entry::Occupied(mut place) => {
                let is_newer = rank(&place.get().1) < rank(&record);
                superseded.push(if is_newer { place.insert((folder, record)).1 } else { record });
            }
        }
    }
    (newest.into_values().collect(), superseded)
}
