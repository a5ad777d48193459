//! Groups of an import: their tasks, their own scores, and how those are made of the tasks', as far as the numbers show.

use super::results_file::FoundGroup;
use spyglass_dashboards::run::{TaskGroup, UnitRecord};
use spyglass_tasks::metric::{Weighting, aggregate};
use std::collections::BTreeMap;

/// Sums of the same numbers in another order differ by less.
const ROUNDING: f64 = 1e-9;

/// How far a group's score lies from the mean over items and from the mean over tasks.
#[derive(Default)]
struct Misses {
    by_size: f64,
    plain: f64,
}

/// The groups of the files read so far.
#[derive(Default)]
pub(super) struct Groups {
    found: Vec<(TaskGroup, BTreeMap<String, Misses>)>,
}

impl Groups {
    /// Adds what a file with these units says of a group; what goes wrong comes back as the end of a sentence.
    pub(super) fn add(&mut self, group: FoundGroup, units: &[UnitRecord]) -> Result<(), String> {
        let at = self.found.iter().position(|(known, _)| known.name == group.name);
        let at = at.unwrap_or_else(|| {
            let known = TaskGroup { name: group.name.clone(), leaves: group.leaves.clone(), ..TaskGroup::default() };
            self.found.push((known, BTreeMap::new()));
            self.found.len() - 1
        });
        let (known, misses) = &mut self.found[at];
        if known.leaves != group.leaves {
            return Err(format!(
                "the group `{}` has other tasks here than in an earlier file; it is left out",
                group.name
            ));
        }
        let Some(told) = group.told else { return Ok(()) };
        let of_leaf = |leaf: &String| units.iter().find(|unit| unit.task == *leaf);
        for score in &told.metrics {
            let leaves = known.leaves.iter().map(|leaf| of_leaf(leaf)?.metric(&score.name)).collect::<Option<Vec<_>>>();
            let mean = |weighting| leaves.as_ref().and_then(|leaves| aggregate(leaves, weighting));
            if let (Some(by_size), Some(plain)) = (mean(Weighting::BySize), mean(Weighting::Plain)) {
                let missed = misses.entry(score.name.clone()).or_default();
                missed.by_size += (by_size.value - score.value).abs();
                missed.plain += (plain.value - score.value).abs();
            }
        }
        known.told.retain(|other| (other.at(), other.shots) != (told.at(), told.shots));
        known.told.push(told);
        Ok(())
    }

    /// The groups, each metric weighed in the way that comes nearer to its scores.
    pub(super) fn finish(self) -> Vec<TaskGroup> {
        let weighed = |(mut group, misses): (TaskGroup, BTreeMap<String, Misses>)| {
            // Tasks of one size tell nothing but rounding.
            let is_plain = |missed: &Misses| missed.plain + ROUNDING < missed.by_size;
            group.weight_by_size = !misses.values().next().is_some_and(is_plain);
            let others = misses.into_iter().filter(|(_, missed)| is_plain(missed) == group.weight_by_size);
            group.other_way = others.map(|(name, _)| name).collect();
            group
        };
        self.found.into_iter().map(weighed).collect()
    }
}
