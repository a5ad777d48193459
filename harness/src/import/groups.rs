//! Groups of an import: their tasks, their own scores, and how those are made of the tasks', as far as the numbers show.

use std::collections::BTreeMap;

use spyglass_dashboards::run::{TaskGroup, UnitRecord};
use spyglass_tasks::metric::{Weighting, aggregate};

use super::results_file::FoundGroup;

/// Sums of the same numbers in another order differ by less.
const ROUNDING: f64 = 1e-9;

/// How far a group's score lies from the mean over items and from the mean over tasks.
#[derive(Default)]
struct Misses {
    by_size: f64,
    plain: f64,
}

/// A group of the files read so far.
#[derive(Default)]
struct Known {
    group: TaskGroup,
    misses: BTreeMap<String, Misses>,
    /// Files that have all its tasks, and no score of its own.
    untold: Vec<String>,
    /// A file has a score of its own, and not all its tasks.
    is_alone: bool,
}

/// The groups of the files read so far.
#[derive(Default)]
pub(super) struct Groups {
    found: Vec<Known>,
}

impl Groups {
    /// Adds what the file `shown` with these units says of a group; what goes wrong comes back as the end of a sentence.
    pub(super) fn add(&mut self, group: FoundGroup, units: &[UnitRecord], shown: &str) -> Result<(), String> {
        let at = self.found.iter().position(|known| known.group.name == group.name);
        let at = at.unwrap_or_else(|| {
            let new = TaskGroup { name: group.name.clone(), leaves: group.leaves.clone(), ..TaskGroup::default() };
            self.found.push(Known { group: new, ..Known::default() });
            self.found.len() - 1
        });
        let Known { group: known, misses, untold, is_alone } = &mut self.found[at];
        if known.leaves != group.leaves {
            return Err(format!(
                "the group `{}` has other tasks here than in an earlier file; it is left out",
                group.name
            ));
        }
        if !group.whole {
            *is_alone |= group.told.is_some();
            return Ok(());
        }
        let Some(told) = group.told else {
            untold.push(shown.to_owned());
            return Ok(());
        };
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

    /// The groups, each metric weighed in the way that comes nearer to its scores, and what a person should know of them. How tasks
    /// make up a group that has no score in any file is unknown: it is left out.
    pub(super) fn finish(self) -> (Vec<TaskGroup>, Vec<String>) {
        let mut warnings = Vec::new();
        let mut groups = Vec::new();
        for Known { mut group, misses, untold, is_alone } in self.found {
            let is_told = !group.told.is_empty() || is_alone;
            if let Some(first) = untold.first() {
                let more = if untold.len() > 1 { format!(" and {} more", untold.len() - 1) } else { String::new() };
                let end = if is_told {
                    "it is computed of its tasks there, weighed as fits the other files best"
                } else {
                    "how its tasks make it up is unknown, so it is left out, and its tasks stand for themselves"
                };
                warnings.push(format!("{first}{more}: the group `{}` has no score of its own; {end}", group.name));
            }
            if !is_told {
                continue;
            }
            // Tasks of one size tell nothing but rounding.
            let is_plain = |missed: &Misses| missed.plain + ROUNDING < missed.by_size;
            group.weight_by_size = !misses.values().next().is_some_and(is_plain);
            let others = misses.into_iter().filter(|(_, missed)| is_plain(missed) == group.weight_by_size);
            group.other_way = others.map(|(name, _)| name).collect();
            groups.push(group);
        }
        (groups, warnings)
    }
}
