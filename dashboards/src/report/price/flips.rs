//! Task by task: which answers flip, and whether more one way than the other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Rounded;
use super::checkpoints::CheckpointRow;
use crate::findings::{ComparedTask, compare};
use crate::run::{At, Run, Unit, UnitRecord};
use crate::series::composite_of;

/// The answers to one task at one checkpoint.
#[derive(Debug, Serialize)]
pub(super) struct FlipRow {
    pub(super) task: String,
    pub(super) metric: String,
    pub(super) line: String,
    pub(super) colour: usize,
    pub(super) step: u64,
    pub(super) tokens: String,
    pub(super) items: usize,
    /// Right before and wrong after, and the other way; `None` of scores that are no right or wrong.
    pub(super) flips: Option<[usize; 2]>,
    /// McNemar's exact p of them.
    pub(super) mcnemar: Option<f64>,
    /// After minus before, and the 95 % interval of that.
    pub(super) difference: [f64; 3],
    /// The same as the page shows it: lost, gained, p, difference.
    told: [String; 4],
    /// It is the newest checkpoint of its branch.
    pub(super) newest: bool,
}

/// Every task of every checkpoint that both arithmetics scored.
pub(super) fn flips(run: &Run, rounded: &Rounded, rows: &[CheckpointRow]) -> Vec<FlipRow> {
    let (before, after) =
        (by_place(run, |unit| unit.inputs.precision != rounded.precision), by_place(&rounded.run, |_| true));
    let newest: BTreeMap<&str, u64> = rows.iter().map(|row| (row.line.as_str(), row.step)).collect();
    let of = |row: &CheckpointRow| -> Vec<FlipRow> {
        let [one, other] = [&before, &after].map(|units| units.get(&row.at.at()).map_or(&[][..], Vec::as_slice));
        let found = compare(one, other, [&[], &[]]).rows;
        found.into_iter().map(|found| flip(row, &found, newest[row.line.as_str()] == row.step)).collect()
    };
    rows.iter().flat_map(of).collect()
}

/// The units that are `wanted` by checkpoint; the items of a composite are those of its members.
fn by_place(run: &Run, wanted: impl Fn(&UnitRecord) -> bool) -> BTreeMap<At<'_>, Vec<&Unit>> {
    let mut places: BTreeMap<At<'_>, Vec<&Unit>> = BTreeMap::new();
    for unit in run.units.iter().filter(|unit| composite_of(&unit.record).is_none() && wanted(&unit.record)) {
        places.entry(unit.record.checkpoint.at()).or_default().push(unit);
    }
    places
}

fn flip(row: &CheckpointRow, found: &ComparedTask, newest: bool) -> FlipRow {
    let flips = found.mcnemar.map(|_| [found.lost.len(), found.gained.len()]);
    let (value, (low, high)) = (found.difference.value, found.difference.interval);
    let count = |side: usize| flips.map_or_else(|| "–".into(), |flips| flips[side].to_string());
    FlipRow {
        task: found.subject.title(),
        metric: found.metric.clone(),
        line: row.line.clone(),
        colour: row.colour,
        step: row.step,
        tokens: row.tokens.clone(),
        items: found.difference.items,
        told: [
            count(0),
            count(1),
            found.mcnemar.map_or_else(|| "–".into(), |p| format!("{p:.3}")),
            format!("{value:+.4} [{low:+.4}, {high:+.4}]"),
        ],
        flips,
        mcnemar: found.mcnemar,
        difference: [value, low, high],
        newest,
    }
}
