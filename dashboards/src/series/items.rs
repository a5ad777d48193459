//! Items of a subject at one checkpoint, and pairing of checkpoints on the items that they share.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use spyglass_tasks::{ItemRecord, metric};

use crate::run::Unit;

/// Where the number of the leaf begins in an id, and where a few bits of the hash of the data do.
const LEAF_AT: u32 = 40;
const DATA_AT: u32 = 52;

fn data_bits(data: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    hasher.finish() >> DATA_AT << DATA_AT
}

/// One metric of every item at one checkpoint, in ascending ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ItemScores {
    /// Item by data, leaf and number: the same number in other data is another item.
    pub(super) ids: Vec<u64>,
    values: Vec<f64>,
    /// What each item shares with others; empty where items stand alone.
    pub(super) clusters: Vec<u64>,
}

impl ItemScores {
    /// The metric `score` of the units' items; items about which it says nothing are left out.
    ///
    /// With several units (a group's leaves) each is a cluster, unless its items have their own; `plain_mean` scales the values so
    /// that their mean is the mean of the units' means.
    pub(crate) fn of(units: &[&Unit], plain_mean: bool, score: &dyn Fn(&ItemRecord) -> Option<f64>) -> Self {
        let mut scores = Self::default();
        let whole: usize = units.iter().map(|unit| unit.items.len()).sum();
        let clustered =
            units.len() > 1 || units.iter().any(|unit| unit.items.iter().any(|item| item.cluster.is_some()));
        for (leaf, unit) in units.iter().enumerate() {
            let scale = match (plain_mean, unit.items.len()) {
                (true, own) if own > 0 => whole as f64 / (own * units.len()) as f64,
                _ => 1.0,
            };
            let data = data_bits(&unit.record.inputs.data);
            for item in unit.items.iter() {
                let Some(value) = score(item).filter(|value| value.is_finite()) else { continue };
                scores.ids.push(data | (leaf as u64) << LEAF_AT | item.doc_id as u64);
                scores.values.push(value * scale);
                if clustered {
                    scores.clusters.push(cluster(leaf, item, units.len() > 1));
                }
            }
        }
        if !scores.ids.is_sorted() {
            scores.sort();
        }
        scores
    }

    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        order.sort_by_key(|&index| self.ids[index]);
        self.values = order.iter().map(|&index| self.values[index]).collect();
        if !self.clusters.is_empty() {
            self.clusters = order.iter().map(|&index| self.clusters[index]).collect();
        }
        self.ids = order.iter().map(|&index| self.ids[index]).collect();
    }

    /// The items' values.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// How many clusters there are, where items hang together.
    pub(crate) fn cluster_count(&self) -> Option<usize> {
        self.clusters().map(distinct)
    }

    /// How many clusters there are among the items that both have.
    pub(crate) fn shared_clusters(&self, other: &Self) -> Option<usize> {
        self.clusters_at(&shared_ids(&[self, other])).map(|clusters| distinct(&clusters))
    }

    /// What each item shares with others, where items hang together.
    pub(crate) fn clusters(&self) -> Option<&[u64]> {
        (!self.clusters.is_empty()).then_some(&self.clusters)
    }

    /// Number, own value and other value of the items that both have (of one leaf).
    pub(crate) fn pairs(&self, other: &Self) -> Vec<(usize, f64, f64)> {
        let ids = shared_ids(&[self, other]);
        let (own, others) = (self.at(&ids), other.at(&ids));
        let number = |id: &u64| (id & ((1 << LEAF_AT) - 1)) as usize;
        ids.iter().zip(own.iter().zip(others.iter())).map(|(id, (a, b))| (number(id), *a, *b)).collect()
    }

    /// Both on the items that they share, scaled so that their means are means over clusters, each counting alike.
    pub(crate) fn balanced(&self, other: &Self) -> (Self, Self) {
        let ids = shared_ids(&[self, other]);
        let clusters = self.clusters_at(&ids).map(Cow::into_owned).unwrap_or_default();
        let mut sizes: HashMap<u64, usize> = HashMap::new();
        clusters.iter().for_each(|cluster| *sizes.entry(*cluster).or_default() += 1);
        let scale = |cluster: &u64| ids.len() as f64 / (sizes[cluster] * sizes.len()) as f64;
        let scaled = |scores: &Self| {
            let values = scores.at(&ids);
            let values = if clusters.is_empty() {
                values.into_owned()
            } else {
                values.iter().zip(&clusters).map(|(value, cluster)| value * scale(cluster)).collect()
            };
            Self { ids: ids.clone(), values, clusters: clusters.clone() }
        };
        (scaled(self), scaled(other))
    }

    /// Clusters of `ids`, which are all among ours, where items hang together.
    pub(crate) fn clusters_at(&self, ids: &[u64]) -> Option<Cow<'_, [u64]>> {
        let clusters = self.clusters()?;
        if ids.len() == self.ids.len() {
            return Some(Cow::Borrowed(clusters));
        }
        let place: HashMap<u64, u64> = self.ids.iter().copied().zip(clusters.iter().copied()).collect();
        Some(Cow::Owned(ids.iter().map(|id| place[id]).collect()))
    }

    /// Values at `ids`, which are all among ours.
    pub(crate) fn at(&self, ids: &[u64]) -> Cow<'_, [f64]> {
        if ids.len() == self.ids.len() {
            return Cow::Borrowed(&self.values);
        }
        let place: HashMap<u64, usize> = self.ids.iter().enumerate().map(|(index, &id)| (id, index)).collect();
        Cow::Owned(ids.iter().map(|id| self.values[place[id]]).collect())
    }
}

fn cluster(leaf: usize, item: &ItemRecord, group: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    leaf.hash(&mut hasher);
    match &item.cluster {
        Some(name) => name.hash(&mut hasher),
        None if group => {}
        None => item.doc_id.hash(&mut hasher), // an item without a cluster is its own
    }
    hasher.finish()
}

pub(super) fn distinct(clusters: &[u64]) -> usize {
    clusters.iter().collect::<HashSet<_>>().len()
}

/// Item ids that all of `points` share.
pub(crate) fn shared_ids(points: &[&ItemScores]) -> Vec<u64> {
    let Some((first, others)) = points.split_first() else { return Vec::new() };
    if others.iter().all(|other| other.ids == first.ids) {
        return first.ids.clone();
    }
    let has = |other: &ItemScores, id: u64| other.ids.binary_search(&id).is_ok();
    first.ids.iter().copied().filter(|&id| others.iter().all(|other| has(other, id))).collect()
}

/// A registered metric of one item.
pub(crate) fn by_metric(name: &str) -> impl Fn(&ItemRecord) -> Option<f64> + '_ {
    move |item| metric::per_item(name, item).ok().flatten()
}

/// The continuous companion of accuracy: P(gold) among the options, and the probability per token of a single answer.
pub(crate) fn gold_probability(item: &ItemRecord) -> Option<f64> {
    match item.choices.as_slice() {
        [] => None,
        [only] => (only.tokens > 0).then(|| (only.logprob / only.tokens as f64).exp()),
        _ => metric::per_item("p_gold", item).ok().flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Z95, clustered_contrast};
    use crate::series::paired;

    fn scores(items: &[(u64, f64)], clusters: &[u64]) -> ItemScores {
        let (ids, values) = items.iter().copied().unzip();
        ItemScores { ids, values, clusters: clusters.to_vec() }
    }

    #[test]
    fn unequal_item_sets_are_paired_on_the_common_ones() {
        let a = scores(&[(0, 0.0), (1, 0.0), (2, 1.0)], &[]);
        let b = scores(&[(1, 1.0), (2, 1.0), (3, 1.0)], &[]);
        let found = paired(&[&a, &b], &[-1.0, 1.0], 0.0).unwrap();
        assert_eq!((found.items, found.partial, found.contrast.value), (2, true, 0.5));
        assert_eq!(paired(&[&a, &scores(&[(7, 1.0)], &[])], &[-1.0, 1.0], 0.0), None);
    }

    #[test]
    fn clusters_follow_their_items() {
        let a = scores(&[(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0)], &[9, 9, 8, 8]);
        let b = scores(&[(0, 1.0), (1, 1.0), (3, 0.0)], &[9, 9, 8]);
        let found = paired(&[&a, &b], &[-1.0, 1.0], 0.0).unwrap();
        let wanted = clustered_contrast(&[-1.0, 1.0], &[&[0.0, 0.0, 0.0], &[1.0, 1.0, 0.0]], 0.0, &[9, 9, 8]).unwrap();
        assert_eq!(found.contrast, wanted);
        assert!((found.half / found.contrast.se - 12.706).abs() < 1e-3, "two clusters: {found:?}");
        let alone =
            paired(&[&scores(&[(0, 0.0), (1, 0.0)], &[]), &scores(&[(0, 1.0), (1, 0.0)], &[])], &[-1.0, 1.0], 0.1);
        assert!(alone.is_some_and(|alone| (alone.half / alone.contrast.se - Z95).abs() < 1e-12));
    }
}
