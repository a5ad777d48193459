//! Scores on long texts, by length and depth.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::per_item;

use crate::analysis::{FOUND, Interval, clustered_se, clustered_wilson, effective_count, effective_length};
use crate::run::{At, Checkpoint, Run, Subject};

/// More different depths than these are gathered into quarters of the text.
const MOST_DEPTHS: usize = 11;
/// The metric of replies.
const REPLIES: &str = "recall";

/// How deep in a text an answer lies, in ten-thousandths of a per cent: as fine as anybody writes it, and a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Depth(u32);

impl Depth {
    const PER_CENT: u32 = 10_000;
    const QUARTER: u32 = 25 * Self::PER_CENT;

    /// Of a fraction of the text.
    fn of(fraction: f64) -> Self {
        Self((fraction * 100.0 * f64::from(Self::PER_CENT)).round() as u32)
    }

    /// In per cent.
    pub(crate) fn percent(self) -> f64 {
        f64::from(self.0) / f64::from(Self::PER_CENT)
    }

    /// The nearest quarter of the text.
    fn quarter(self) -> Self {
        Self(self.0.saturating_add(Self::QUARTER / 2) / Self::QUARTER * Self::QUARTER)
    }
}

/// What an item shares with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source<'a> {
    /// The text that they ask about.
    Text(&'a str),
    /// Nothing; its own number.
    Alone(usize),
}

/// What some items scored; at least one where a place holds them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Scores<'a> {
    values: Vec<f64>,
    sources: Vec<Source<'a>>,
}

impl<'a> Scores<'a> {
    fn add(&mut self, value: f64, item: &'a ItemRecord) {
        self.values.push(value);
        self.sources.push(item.cluster.as_deref().map_or(Source::Alone(item.doc_id), Source::Text));
    }

    fn extend(&mut self, others: Self) {
        self.values.extend(others.values);
        self.sources.extend(others.sources);
    }

    /// How many items there are.
    pub(crate) fn n(&self) -> usize {
        self.values.len()
    }

    /// How many of them are right; a reply that holds half of its answers is half.
    pub(crate) fn right(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The mean; there is at least one item.
    pub(crate) fn value(&self) -> f64 {
        self.right() / self.n() as f64
    }

    /// The 95 % interval of the mean as that of a share, so that it has a width at 0 and 1 too: Wilson's, of as many items as they are worth
    /// where several ask about one text. Items that can be half right scatter less, so that theirs is rather too wide. `None` of a mean
    /// that is no share.
    pub(crate) fn interval(&self) -> Option<Interval> {
        let (value, n) = (self.value(), self.n() as f64);
        let texts = self.sources.iter().collect::<HashSet<_>>().len();
        let se = if texts < self.n() { clustered_se(&self.values, &self.sources) } else { None };
        clustered_wilson(value, se.map_or(n, |se| effective_count(value, n, se)), se.map(|_| texts))
    }
}

/// What one checkpoint scored at one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AtLength<'a> {
    /// Over all depths.
    pub(crate) all: Scores<'a>,
    /// By depth; empty where what is asked for lies everywhere.
    pub(crate) depths: BTreeMap<Depth, Scores<'a>>,
}

/// One checkpoint and its scores by length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LongColumn<'a> {
    /// The checkpoint.
    pub(crate) checkpoint: &'a Checkpoint,
    /// Its scores by length in tokens.
    pub(crate) lengths: BTreeMap<usize, AtLength<'a>>,
}

impl<'a> LongColumn<'a> {
    /// The longest length at which what the texts hold is found.
    pub(crate) fn effective(&self) -> Option<usize> {
        self.effective_by(Scores::value)
    }

    /// Nothing longer was asked, so that it may be more.
    pub(crate) fn is_at_least(&self) -> bool {
        self.effective().is_some_and(|length| self.lengths.keys().next_back() == Some(&length))
    }

    /// What it would be if every score stood at the lower end of its interval, and at the upper one.
    pub(crate) fn effective_between(&self) -> (Option<usize>, Option<usize>) {
        let end = |scores: &Scores<'a>, pick: fn(Interval) -> f64| scores.interval().map_or(scores.value(), pick);
        let at = |pick: fn(Interval) -> f64| self.effective_by(|scores| end(scores, pick));
        (at(|interval| interval.0), at(|interval| interval.1))
    }

    /// The first length, up to the one at which nothing is found any more, that other items might decide otherwise: the interval of its
    /// score holds the share that counts as found. With it what was scored there.
    pub(crate) fn doubt(&self) -> Option<(usize, &Scores<'a>)> {
        let lost = self.lengths.iter().find(|(_, at)| at.all.value() < FOUND).map_or(usize::MAX, |(length, _)| *length);
        let mut deciding = self.lengths.range(..=lost).map(|(length, at)| (*length, &at.all));
        deciding.find(|(_, scores)| scores.interval().is_some_and(|(low, high)| low < FOUND && FOUND <= high))
    }

    fn effective_by(&self, score: impl Fn(&Scores<'a>) -> f64) -> Option<usize> {
        effective_length(self.lengths.iter().map(|(length, at)| (*length, score(&at.all))))
    }
}

/// Tasks that differ in their length alone, in one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LongFamily<'a> {
    /// Their name without the length, with its settings where they are not plain: `long_needle · shuffle`.
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
    let mut found: BTreeMap<(String, String), (f64, BTreeMap<At<'_>, BTreeMap<usize, AtLength<'_>>>)> = BTreeMap::new();
    for unit in &run.units {
        let Some((family, length)) = one_length(&unit.items) else { continue };
        let record = &unit.record;
        // One task that is asked in two ways is two.
        let name = Subject::task(family, record.shots, record.inputs.perturb.clone()).title();
        let own = record.primary_metric.as_str();
        let replies = record.metric(REPLIES).map(|_| REPLIES).filter(|replies| *replies != own);
        for metric in [own].into_iter().chain(replies) {
            let chance = if metric == own { record.chance.unwrap_or(0.0) } else { 0.0 };
            let at = at_length(metric, &unit.items);
            if at.all.n() > 0 {
                let (_, columns) = found.entry((name.clone(), metric.to_owned())).or_insert((chance, BTreeMap::new()));
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
                own.sort_by_key(|at| (at.stretch(), at.tokens, at.variant.as_ref().map_or(0, String::len)));
                // Of several forms of one checkpoint the plain one counts.
                own.dedup_by_key(|at| (at.stretch(), at.tokens));
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

fn at_length<'a>(metric: &str, items: &'a [ItemRecord]) -> AtLength<'a> {
    let mut at = AtLength::default();
    for item in items {
        let Ok(Some(value)) = per_item(metric, item) else { continue };
        at.all.add(value, item);
        if let Some(depth) = item.long.as_ref().and_then(|place| place.depth) {
            at.depths.entry(Depth::of(depth)).or_default().add(value, item);
        }
    }
    at
}

/// Gathers depths into quarters where there are too many to be rows.
fn gather_depths(columns: &mut [LongColumn<'_>]) {
    let depths: BTreeSet<Depth> =
        (columns.iter()).flat_map(|column| column.lengths.values().flat_map(|at| at.depths.keys().copied())).collect();
    if depths.len() <= MOST_DEPTHS {
        return;
    }
    for at in columns.iter_mut().flat_map(|column| column.lengths.values_mut()) {
        let mut quarters: BTreeMap<Depth, Scores<'_>> = BTreeMap::new();
        for (depth, scores) in std::mem::take(&mut at.depths) {
            quarters.entry(depth.quarter()).or_default().extend(scores);
        }
        at.depths = quarters;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_one_text_are_worth_less() {
        let interval = |text: &dyn Fn(usize) -> Option<String>| {
            let item = |doc_id| ItemRecord { doc_id, cluster: text(doc_id), ..ItemRecord::default() };
            let items: Vec<ItemRecord> = (0..20).map(item).collect();
            let mut scores = Scores::default();
            items.iter().for_each(|item| scores.add(if item.doc_id < 10 { 1.0 } else { 0.0 }, item));
            scores.interval().unwrap()
        };
        let alone = interval(&|_| None);
        assert_eq!(interval(&|at| Some(at.to_string())), alone, "each text is asked about once");
        // Four texts of five items each, two of them right: worth three items, whose error four texts tell (t = 3.18).
        let (low, high) = interval(&|at| Some((at / 5).to_string()));
        assert!((low - 0.061).abs() < 2e-3 && (high - 0.939).abs() < 2e-3, "{low} to {high}");
    }
}
