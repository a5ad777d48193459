//! The adaptive sweep, `schedule: {order: find_onset}`: each task's onset is searched for along each path, and a checkpoint that would
//! not narrow any onset is not scored.

use std::collections::{BTreeMap, BTreeSet};

use spyglass_dashboards::analysis::{Onset, bracket_width, first_checkpoints, most_left, narrowing_checkpoint};
use spyglass_dashboards::findings::{Findings, findings};
use spyglass_dashboards::run::Subject as Curve;
use spyglass_dashboards::run::{Checkpoint, Failure, RunTree};
use spyglass_tasks::Task;

use crate::Result;
use crate::executor::{Site, Summary, execute};
use crate::results::{Snapshot, Store, gather};
use crate::suite::{Subject, Suite};
use crate::sweep::Work;
use crate::sweep::plan::{Plan, PlannedCheckpoint, PlannedUnit, UnitStatus};

/// Branch, step and variant of a checkpoint.
type Place = (String, u64, Option<String>);

/// Units by checkpoint.
type Units = BTreeMap<Place, Vec<Subject>>;

fn place(checkpoint: &Checkpoint) -> Place {
    let (branch, step, variant) = checkpoint.at();
    (branch.to_owned(), step, variant.map(str::to_owned))
}

/// Carries out the searches of `plan`: round by round, each with the next checkpoints of all searches, so that tasks which want the
/// same checkpoint share its load.
///
/// # Errors
/// The results folder cannot be read or written.
pub(crate) fn search(mut plan: Plan, site: &Site, snapshot: &Snapshot) -> Result<Summary> {
    let mut search = Search::new(&site.work, &snapshot.tree, &plan);
    let mut summary = Summary::default();
    loop {
        let known = known(&site.store, snapshot)?;
        let round = search.next(&plan, &known);
        if round.is_empty() {
            break;
        }
        let done = execute(part_of(plan, &round), site)?;
        let stuck = done.records.is_empty() && done.failures.is_empty();
        search.give_up(&done.failures);
        summary.add(done);
        plan = site.plan()?;
        if summary.interrupted || stuck {
            break;
        }
    }
    summary.records = plan.records(&site.work, &site.store);
    summary.spared = plan.units().filter(|unit| !unit.is_done()).count().saturating_sub(summary.units_failed);
    Ok(summary)
}

/// What of a plan a round asks for, in its order.
fn part_of(plan: Plan, round: &[(Place, Vec<Subject>)]) -> Plan {
    let rank: BTreeMap<&Place, usize> = round.iter().enumerate().map(|(rank, (at, _))| (at, rank)).collect();
    let mut part = plan.only(|checkpoint, unit| {
        rank.get(&place(checkpoint)).is_some_and(|&rank| round[rank].1.contains(&unit.subject))
    });
    part.checkpoints.sort_by_key(|planned| rank[&place(&planned.checkpoint)]);
    part
}

/// The checkpoint that the searches ask for next, of those that are `due`; `None` where no score would narrow an onset.
///
/// # Errors
/// The results folder cannot be read.
pub(crate) fn next_of_search(
    mut plan: Plan,
    site: &Site,
    snapshot: &Snapshot,
    due: &dyn Fn(&PlannedCheckpoint) -> bool,
) -> Result<Option<PlannedCheckpoint>> {
    plan.checkpoints.retain(|planned| planned.is_done() || due(planned));
    let search = Search::new(&site.work, &snapshot.tree, &plan);
    let round = search.next(&plan, &known(&site.store, snapshot)?);
    let part = part_of(plan, &round);
    Ok(part.checkpoints.into_iter().find(|planned| !planned.is_done()))
}

/// The plan without the units that the searches have no need of: what is left of it is the most that they ask for while every onset
/// is sharp.
///
/// # Errors
/// The results folder cannot be read.
pub(crate) fn at_most(plan: Plan, work: &Work, store: &Store, snapshot: &Snapshot) -> Result<Plan> {
    let wanted = Search::new(work, &snapshot.tree, &plan).at_most(&plan, &known(store, snapshot)?);
    let is_wanted = |checkpoint: &Checkpoint, unit: &PlannedUnit| {
        wanted.get(&place(checkpoint)).is_some_and(|subjects| subjects.contains(&unit.subject))
    };
    Ok(plan.only(|checkpoint, unit| unit.is_done() || is_wanted(checkpoint, unit)))
}

fn known(store: &Store, snapshot: &Snapshot) -> Result<Findings> {
    Ok(findings(&gather(store, snapshot.clone())?.run))
}

/// All searches of a run.
struct Search<'a> {
    tree: &'a RunTree,
    quests: Vec<OnsetSearch>,
    /// What failed in this sweep, and is not asked for again: a checkpoint, or one of its tasks.
    given_up: BTreeSet<(Place, Option<String>)>,
    suite: &'a Suite,
}

/// What is searched for: the onset of a task, or of tasks that are read together, on the path to the end of each branch.
struct OnsetSearch {
    /// What the findings call it; `None` where there is no onset to find, and the first checkpoints are enough.
    name: Option<Curve>,
    /// What is scored together, perturbed twins included.
    subjects: Vec<Subject>,
}

/// A path as a search sees it: the checkpoints that have, or can get, a point of its curve.
struct Points<'a> {
    checkpoints: Vec<&'a Checkpoint>,
    tokens: Vec<u64>,
    /// Those that have scores, be it of some of their items only.
    scored: Vec<bool>,
    /// Those of them that are not finished: a sweep was killed, or more items are asked for than before.
    begun: Vec<usize>,
    /// Index of the first one of the branch itself.
    own_from: usize,
    onset: Option<&'a Onset>,
}

impl<'a> Search<'a> {
    fn new(work: &'a Work, tree: &'a RunTree, plan: &Plan) -> Self {
        let there: Vec<Subject> =
            work.suite.subjects().filter(|subject| plan.units().any(|unit| unit.subject == *subject)).collect();
        Self { tree, quests: quests(&work.suite, &there), given_up: BTreeSet::new(), suite: &work.suite }
    }

    fn give_up(&mut self, failures: &[Failure]) {
        let failed =
            |failure: &Failure| ((failure.branch.clone(), failure.step, failure.variant.clone()), failure.task.clone());
        self.given_up.extend(failures.iter().map(failed));
    }

    /// What is scored next: of each search what is begun and the rest of its first checkpoints, which no score changes, or else the one
    /// that narrows its bracket. The widest bracket comes first.
    fn next(&self, plan: &Plan, known: &Findings) -> Vec<(Place, Vec<Subject>)> {
        let mut units = Units::new();
        let mut width: BTreeMap<Place, f64> = BTreeMap::new();
        self.each(plan, known, |quest, points| {
            let (mut picks, mut how_wide) = ([points.first(), points.begun.clone()].concat(), f64::INFINITY);
            if picks.is_empty() {
                let own = points.own_onset();
                picks.extend(narrowing_checkpoint(&points.tokens, &points.scored, own));
                how_wide = own.and_then(|onset| bracket_width(&points.tokens, onset)).unwrap_or(0.0);
            }
            for pick in picks {
                let at = place(points.checkpoints[pick]);
                let widest = width.entry(at.clone()).or_insert(how_wide);
                *widest = widest.max(how_wide);
                units.entry(at).or_default().extend(&quest.subjects);
            }
        });
        let mut round: Vec<(Place, Vec<Subject>)> = units.into_iter().collect();
        round.sort_by(|a, b| width[&b.0].total_cmp(&width[&a.0]));
        round
    }

    /// As many units as the searches may still ask for while every onset is sharp; which ones the scores will tell.
    fn at_most(&self, plan: &Plan, known: &Findings) -> Units {
        let mut units = Units::new();
        self.each(plan, known, |quest, points| {
            let first = points.first();
            let onset = points.onset.filter(|_| quest.name.is_some());
            let more = match (&quest.name, first.len()) {
                (None, _) => 0,
                (Some(_), grid) => most_left(&points.tokens, &points.scored, points.own_from, onset) - grid,
            };
            let is_new = |index: &usize| {
                let taken = units.get(&place(points.checkpoints[*index]));
                !points.scored[*index] && !taken.is_some_and(|taken| taken.contains(&quest.subjects[0]))
            };
            let others = (0..points.tokens.len()).filter(|index| !first.contains(index)).filter(is_new);
            let others: Vec<usize> = others.take(more).collect();
            for pick in first.iter().chain(&points.begun).chain(&others) {
                units.entry(place(points.checkpoints[*pick])).or_default().extend(&quest.subjects);
            }
        });
        units
    }

    /// Calls `visit` for each search.
    fn each(&self, plan: &Plan, known: &Findings, mut visit: impl FnMut(&OnsetSearch, &Points<'_>)) {
        let planned: BTreeMap<Place, &PlannedCheckpoint> =
            plan.checkpoints.iter().map(|planned| (place(&planned.checkpoint), planned)).collect();
        for branch in &self.tree.branches {
            for quest in &self.quests {
                visit(quest, &self.points(quest, &branch.name, &planned, known));
            }
        }
    }

    /// The points of a path. Of several variants of a checkpoint the plain one counts, as in the curve.
    fn points<'p>(
        &'p self,
        quest: &OnsetSearch,
        branch: &str,
        planned: &BTreeMap<Place, &PlannedCheckpoint>,
        known: &'p Findings,
    ) -> Points<'p> {
        let found = quest.name.as_ref().and_then(|name| known.task(name)?.path(branch));
        let mut points: Vec<(&Checkpoint, State)> = Vec::new();
        for checkpoint in self.tree.path(branch).into_iter().filter(|own| self.tree.is_in_place(own.at())) {
            let at = place(checkpoint);
            let units = planned.get(&at).map_or(&[][..], |planned| &planned.units);
            let own: Vec<&PlannedUnit> = units.iter().filter(|unit| quest.subjects.contains(&unit.subject)).collect();
            if own.len() == quest.subjects.len() && !self.is_given_up(quest, &at) {
                points.push((checkpoint, State::of(&own)));
            } else if found.is_some_and(|path| {
                path.points.iter().any(|point| (&point.branch, point.step) == (&checkpoint.branch, checkpoint.step))
            }) {
                points.push((checkpoint, State::Done)); // it has left the disk, or is not asked for any more
            }
        }
        points.sort_by_key(|(checkpoint, _)| (checkpoint.tokens, checkpoint.variant.is_some()));
        points.dedup_by_key(|(checkpoint, _)| checkpoint.tokens);
        Points {
            tokens: points.iter().map(|(checkpoint, _)| checkpoint.tokens).collect(),
            scored: points.iter().map(|(_, state)| *state != State::Open).collect(),
            begun: (0..points.len()).filter(|&index| points[index].1 == State::Begun).collect(),
            own_from: points.iter().position(|(own, _)| own.branch == branch).unwrap_or(points.len()),
            checkpoints: points.into_iter().map(|(checkpoint, _)| checkpoint).collect(),
            onset: found.and_then(|path| path.onset.as_ref()),
        }
    }

    fn is_given_up(&self, quest: &OnsetSearch, at: &Place) -> bool {
        let names = quest.subjects.iter().map(|subject| Some(self.suite.name(*subject).to_owned()));
        names.chain([None]).any(|name| self.given_up.contains(&(at.clone(), name)))
    }
}

/// How the units of a point stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Begun,
    Done,
}

impl State {
    fn of(units: &[&PlannedUnit]) -> Self {
        let has_items = |unit: &&PlannedUnit| match unit.status {
            UnitStatus::Unknown => false,
            UnitStatus::Open { items } => items > 0,
            UnitStatus::Done(_) => true,
        };
        if units.iter().all(|unit| unit.is_done()) {
            Self::Done
        } else if units.iter().any(has_items) {
            Self::Begun
        } else {
            Self::Open
        }
    }
}

impl<'a> Points<'a> {
    /// The onset, unless it is over before the branch leaves its parent: then it is the business of the search on the parent's path,
    /// which scores the same checkpoints for it.
    fn own_onset(&self) -> Option<&'a Onset> {
        let own_from = *self.tokens.get(self.own_from)?;
        self.onset.filter(|onset| onset.by().is_some_and(|by| by >= own_from))
    }

    /// Those of its first checkpoints that are not scored yet.
    fn first(&self) -> Vec<usize> {
        first_checkpoints(&self.tokens, &self.scored, self.own_from)
    }
}

/// The searches for what is `there`: groups whose tasks are all there, the other tasks, and each pack, by themselves.
fn quests(suite: &Suite, there: &[Subject]) -> Vec<OnsetSearch> {
    let mut quests: Vec<OnsetSearch> = Vec::new();
    let tasks = || {
        there.iter().filter_map(|subject| match subject {
            Subject::Task(index) => Some((*subject, &suite.tasks[*index].task)),
            Subject::Pack(_) => None,
        })
    };
    let is_covered =
        |quests: &[OnsetSearch], subject: Subject| quests.iter().any(|quest| quest.subjects.contains(&subject));
    let settings: BTreeSet<usize> = tasks().map(|(_, task)| task.shots).collect();
    for group in suite.task_groups() {
        for &shots in &settings {
            let of_group = |(_, task): &(Subject, &Task)| task.shots == shots && group.leaves.contains(&task.name);
            let plain = tasks().filter(of_group).filter(|(_, task)| task.perturb.is_none());
            let plain: Vec<Subject> = plain.map(|(subject, _)| subject).collect();
            let is_new = plain.iter().any(|subject| !is_covered(&quests, *subject));
            if plain.len() == group.leaves.len() && plain.len() > 1 && is_new {
                let subjects = tasks().filter(of_group).map(|(subject, _)| subject).collect();
                let name = Curve { task: group.name.clone(), shots, perturb: None, is_group: true };
                quests.push(OnsetSearch { name: Some(name), subjects });
            }
        }
    }
    // Plain tasks before perturbed ones: a twin goes with its task, so that the two can be compared.
    let (plain, perturbed): (Vec<_>, Vec<_>) = tasks().partition(|(_, task)| task.perturb.is_none());
    for (subject, task) in plain.into_iter().chain(perturbed) {
        if is_covered(&quests, subject) {
            continue;
        }
        let twins = tasks().filter(|(_, other)| (&other.name, other.shots) == (&task.name, task.shots));
        let Task { name, shots, perturb, .. } = task;
        let name = Curve { task: name.clone(), shots: *shots, perturb: perturb.clone(), is_group: false };
        quests.push(OnsetSearch { name: Some(name), subjects: twins.map(|(subject, _)| subject).collect() });
    }
    let packs = there.iter().copied().filter(|subject| matches!(subject, Subject::Pack(_)));
    quests.extend(packs.map(|pack| OnsetSearch { name: None, subjects: vec![pack] }));
    quests
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run_file::TaskSpec;
    use crate::suite::{TaskSource, catalogue};

    /// The names of the searches for some tasks of a suite, each with how many tasks it scores.
    fn searches(suite: &Suite, there: &[Subject]) -> Vec<(String, usize)> {
        let search = |quest: &OnsetSearch| (quest.name.as_ref().unwrap().title(), quest.subjects.len());
        quests(suite, there).iter().map(search).collect()
    }

    #[test]
    fn a_group_is_one_search_and_a_perturbed_twin_goes_with_its_task() {
        let source = TaskSource { catalogue: catalogue(&[]).unwrap(), data: Vec::new(), limit: None };
        let mut suite = Suite::default();
        for (task, perturb) in [("hellaswag", Some("shuffle")), ("mmlu", None), ("hellaswag", None)] {
            let spec = TaskSpec { task: task.into(), shots: None, limit: None, perturb: perturb.map(str::to_owned) };
            suite.add(&source, &spec).unwrap();
        }
        let all: Vec<Subject> = (0..suite.tasks.len()).map(Subject::Task).collect();
        let whole = [("mmlu".to_owned(), all.len() - 2), ("hellaswag".to_owned(), 2)];
        assert_eq!(searches(&suite, &all), whole);
        // Without one of its tasks there is no MMLU to find, but three of its groups, and the tasks of the fourth.
        let part = &all[..all.len() - 2];
        let found = searches(&suite, part);
        let groups = found.iter().filter(|(_, tasks)| *tasks > 1).count();
        assert_eq!((groups, found.iter().map(|(_, tasks)| tasks).sum::<usize>()), (3, part.len()));
        assert!(found.iter().any(|(name, tasks)| name == "hellaswag · shuffle" && *tasks == 1), "{found:?}");
    }
}
