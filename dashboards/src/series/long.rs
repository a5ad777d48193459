//! Scores on long texts, by length and depth.

use std::collections::{BTreeMap, BTreeSet};

use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::per_item;

use crate::analysis::effective_length;
use crate::run::{At, Checkpoint, Run};

/// More different depths than these are gathered into quarters of the text.
const MOST_DEPTHS: usize = 11;
/// The metric of replies.
const REPLIES: &str = "recall";

/// A mean over some items.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Mean {
    sum: f64,
    /// The items.
    pub(crate) n: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.n += 1;
    }

    /// The mean; there is at least one item.
    pub(crate) fn value(self) -> f64 {
        self.sum / self.n as f64
    }
}

/// What one checkpoint scored at one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AtLength {
    /// Over all depths.
    pub(crate) all: Mean,
    /// By depth in per cent; empty where what is asked for lies everywhere.
    pub(crate) depths: BTreeMap<usize, Mean>,
}

/// One checkpoint and its scores by length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LongColumn<'a> {
    /// The checkpoint.
    pub(crate) checkpoint: &'a Checkpoint,
    /// Its scores by length in tokens.
    pub(crate) lengths: BTreeMap<usize, AtLength>,
}

impl LongColumn<'_> {
    /// The longest length at which what the texts hold is found.
    pub(crate) fn effective(&self) -> Option<usize> {
        effective_length(self.lengths.iter().map(|(length, at)| (*length, at.all.value())))
    }
}

/// Tasks that differ in their length alone, in one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LongFamily<'a> {
    /// Their name without the length.
    pub(crate) name: String,
    /// What is shown: a share.
    pub(crate) metric: String,
    /// Score of guessing.
    pub(crate) chance: f64,
    /// The checkpoints, branch by branch, in ascending tokens, plain ones before stretched ones.
    pub(crate) columns: Vec<LongColumn<'a>>,
}

/// All families of a run, by name; each in its own metric and in that of its replies.
pub(crate) fn long_families(run: &Run) -> Vec<LongFamily<'_>> {
    let mut found: BTreeMap<(String, String), (f64, BTreeMap<At<'_>, BTreeMap<usize, AtLength>>)> = BTreeMap::new();
    for unit in &run.units {
        let Some((name, length)) = one_length(&unit.items) else { continue };
        let record = &unit.record;
        let own = record.primary_metric.as_str();
        let replies = record.metric(REPLIES).map(|_| REPLIES).filter(|replies| *replies != own);
        for metric in [own].into_iter().chain(replies) {
            let chance = if metric == own { record.chance.unwrap_or(0.0) } else { 0.0 };
            let at = at_length(metric, &unit.items);
            if at.all.n > 0 {
                let (_, columns) =
                    found.entry((name.to_owned(), metric.to_owned())).or_insert((chance, BTreeMap::new()));
                columns.entry(record.checkpoint.at()).or_default().insert(length, at);
            }
        }
    }
    let family =
        |((name, metric), (chance, mut by_place)): ((String, String), (f64, BTreeMap<_, _>))| {
            let mut columns = Vec::new();
            for branch in &run.tree.branches {
                let mut own: Vec<&Checkpoint> =
                    branch.checkpoints.iter().filter(|at| run.tree.is_in_place(at.at())).collect();
                own.sort_by_key(|at| (at.stretch(), at.tokens));
                columns.extend(own.into_iter().filter_map(|checkpoint| {
                    Some(LongColumn { checkpoint, lengths: by_place.remove(&checkpoint.at())? })
                }));
            }
            gather_depths(&mut columns);
            LongFamily { name, metric, chance, columns }
        };
    found.into_iter().map(family).filter(|family| !family.columns.is_empty()).collect()
}

/// Family and length of items that are all of one length; a group's are not.
fn one_length(items: &[ItemRecord]) -> Option<(&str, usize)> {
    let first = items.first()?.long.as_ref()?;
    let alike = |item: &ItemRecord| {
        item.long.as_ref().is_some_and(|place| (&place.family, place.length) == (&first.family, first.length))
    };
    items.iter().all(alike).then_some((first.family.as_str(), first.length))
}

fn at_length(metric: &str, items: &[ItemRecord]) -> AtLength {
    let mut at = AtLength::default();
    for item in items {
        let Ok(Some(value)) = per_item(metric, item) else { continue };
        at.all.add(value);
        if let Some(depth) = item.long.as_ref().and_then(|place| place.depth) {
            at.depths.entry((depth * 100.0).round() as usize).or_default().add(value);
        }
    }
    at
}

/// Gathers depths into quarters where there are too many to be rows.
fn gather_depths(columns: &mut [LongColumn<'_>]) {
    let depths: BTreeSet<usize> =
        (columns.iter()).flat_map(|column| column.lengths.values().flat_map(|at| at.depths.keys().copied())).collect();
    if depths.len() <= MOST_DEPTHS {
        return;
    }
    for at in columns.iter_mut().flat_map(|column| column.lengths.values_mut()) {
        let mut quarters: BTreeMap<usize, Mean> = BTreeMap::new();
        for (depth, mean) in std::mem::take(&mut at.depths) {
            let quarter = quarters.entry((depth + 12) / 25 * 25).or_default();
            quarter.sum += mean.sum;
            quarter.n += mean.n;
        }
        at.depths = quarters;
    }
}
