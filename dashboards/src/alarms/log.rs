//! Alarms of a branch's own log: what the loss does that the learning rate does not explain.

use super::alarm::{Alarm, AlarmKind, Place};
use super::loss::{RateAtEnd, loss_alarms, plateau_alarm};
use super::no_number::no_number_alarms;
use super::rules::Seen;
use crate::analysis::statistics::median;
use crate::analysis::{lr_phases, plateau};
use crate::run::{Branch, LogEntry, Phase, RunTree};

/// Losses before a re-warming that tell where the loss stood.
const BEFORE: usize = 50;

/// What the schedule does where an entry is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    /// Place of its phase among the branch's.
    phase: Option<usize>,
    /// The rate is being warmed again, and the loss rises with it.
    rewarming: bool,
    /// It was warmed again before, and the loss may still be on its way from there.
    rewarmed: bool,
}

/// Every branch's own log.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    let tree = &seen.run.tree;
    tree.branches.iter().flat_map(|branch| of_log(tree, branch)).collect()
}

/// Alarms of the branch's own entries: each phase afresh, the plateau at its end.
///
/// The path's log tells where the rate was warmed again, also where the run file names the phases.
fn of_log(tree: &RunTree, branch: &Branch) -> Vec<Alarm> {
    let path = tree.log_path(&branch.name);
    let rates: Vec<(u64, f64)> = path.iter().filter_map(|entry| Some((entry.step, entry.learning_rate?))).collect();
    let by_rate = lr_phases(&rates);
    let named: Vec<(Phase, u64)> = branch.phases.iter().map(|start| (start.phase, start.from_step)).collect();
    let rewarms = |phases: &[(Phase, u64)], at: Option<usize>| at.is_some_and(|at| phases[at].0 == Phase::Rewarm);
    let moment = |entry: &LogEntry| {
        let at = |phases: &[(Phase, u64)]| phases.iter().rposition(|phase| phase.1 <= entry.step);
        let before =
            |phases: &[(Phase, u64)]| phases.iter().any(|phase| phase.0 == Phase::Rewarm && phase.1 <= entry.step);
        Moment {
            phase: at(&named),
            rewarming: rewarms(&by_rate, at(&by_rate)) || rewarms(&named, at(&named)),
            rewarmed: before(&by_rate) || before(&named),
        }
    };
    let mut found = Vec::new();
    let mut last = None;
    for part in branch.log.entries.chunk_by(|a, b| moment(a) == moment(b)) {
        let now = moment(&part[0]);
        found.extend(loss_alarms(&branch.name, part, now.rewarming));
        last = Some((now, part));
    }
    let no_number = no_number_alarms(&branch.name, &branch.log.entries, &found);
    found.extend(no_number);
    let Some((now, part)) = last else { return found };
    // What has collapsed does not stand still: one alarm tells it.
    let collapsed =
        |alarm: &Alarm| alarm.kind == AlarmKind::Collapse && alarm.place.step >= part.first().map(|entry| entry.step);
    if found.iter().any(collapsed) {
        return found;
    }
    let warming = now.rewarming || now.phase.is_some_and(|at| named[at].0 == Phase::Warmup);
    if !warming && (!now.rewarmed || is_back(&path, &moment, part)) {
        found.extend(stands_still(branch, part, &path));
    }
    found
}

/// The loss is back where it stood before the rate was warmed again; until then the schedule explains that it does not fall.
fn is_back(path: &[&LogEntry], moment: &dyn Fn(&LogEntry) -> Moment, part: &[LogEntry]) -> bool {
    let finite = |entry: &LogEntry| entry.loss.filter(|loss| loss.is_finite());
    let Some(start) = path.iter().rposition(|entry| moment(entry).rewarming) else { return false };
    let start = path[..start].iter().rposition(|entry| !moment(entry).rewarming).map_or(0, |calm| calm + 1);
    let before: Vec<f64> = path[..start].iter().rev().filter_map(|entry| finite(entry)).take(BEFORE).collect();
    let since: Vec<f64> = part.iter().rev().filter_map(finite).take(BEFORE).collect();
    median(&before).zip(median(&since)).is_some_and(|(before, since)| since <= before)
}

fn stands_still(branch: &Branch, part: &[LogEntry], path: &[&LogEntry]) -> Option<Alarm> {
    let logged = part.iter().filter_map(|entry| Some((entry.tokens? as f64, entry.loss?)));
    let (tokens, loss): (Vec<f64>, Vec<f64>) = logged.unzip();
    let end = part.last()?;
    let place = Place { task: None, branch: branch.name.clone(), step: Some(end.step), tokens: end.tokens };
    let rates = |entries: &mut dyn Iterator<Item = &LogEntry>| -> Vec<f64> {
        entries.filter_map(|entry| entry.learning_rate.filter(|rate| rate.is_finite())).collect()
    };
    let half = end.tokens.map(|end| part[0].tokens.unwrap_or(0).midpoint(end));
    let recent = rates(&mut part.iter().filter(|entry| entry.tokens >= half));
    let rate = RateAtEnd::of(&recent, &rates(&mut path.iter().copied()));
    plateau_alarm(place, &plateau(&tokens, &loss)?, rate)
}

#[cfg(test)]
mod tests {
    use super::AlarmKind;
    use super::*;
    use crate::run::{Fork, TrainingLog};

    const STEP: u64 = 1_000_000;

    fn entry((k, (rate, loss)): (u64, (f64, f64))) -> LogEntry {
        LogEntry { step: k, tokens: Some(k * STEP), learning_rate: Some(rate), loss: Some(loss), ..LogEntry::default() }
    }

    fn branch(name: &str, fork: Option<Fork>, from: u64, log: &[(f64, f64)]) -> Branch {
        Branch {
            name: name.to_owned(),
            fork,
            checkpoints: Vec::new(),
            log: TrainingLog { entries: (from..).zip(log.iter().copied()).map(entry).collect() },
            phases: Vec::new(),
        }
    }

    /// Warmed up, held, let down to a tenth, warmed again over `again` entries and held: rate and loss. The loss rises by `rise` at
    /// the second warming, goes on rising for a third of that, and falls again. The noise is even and small.
    fn warmed_twice(again: usize, rise: f64) -> Vec<(f64, f64)> {
        let noise = |k: usize| 0.004 * ((k as f64 * 12.9898).sin() * 43_758.547).fract();
        let held = 400;
        (0..held + again + 400)
            .map(|k| {
                let since = k as f64 - held as f64;
                let rate = match k {
                    0..20 => (k + 1) as f64 / 20.0,
                    20..300 => 1.0,
                    300..400 => 1.0 - 0.9 * (k - 300) as f64 / 100.0,
                    _ if since < again as f64 => 0.1 + 0.9 * (since + 1.0) / again as f64,
                    _ => 1.0,
                };
                let top = again as f64 * 4.0 / 3.0;
                let hump = match since {
                    s if s < 0.0 => 0.0,
                    s if s < top => rise * (std::f64::consts::FRAC_PI_2 * s / top).sin().powi(2),
                    s => rise * (-(s - top) / 120.0).exp(),
                };
                (rate, 2.0 + 3.0 * (-(k as f64) / 60.0).exp() + hump + noise(k))
            })
            .collect()
    }

    fn kinds(tree: &RunTree) -> Vec<AlarmKind> {
        tree.branches.iter().flat_map(|branch| of_log(tree, branch)).map(|alarm| alarm.kind).collect()
    }

    #[test]
    fn what_the_schedule_does_to_the_loss_is_no_alarm_at_any_look() {
        for again in [1, 5, 30, 120, 300] {
            for rise in [0.05, 0.3, 1.0] {
                let log = warmed_twice(again, rise);
                for looked in (410..log.len()).step_by(7) {
                    let one =
                        RunTree { branches: vec![branch("trunk", None, 0, &log[..looked])], ..RunTree::default() };
                    let fork = Fork { branch: "trunk".into(), step: 399, tokens: 399 * STEP };
                    let again_as_branch = branch("again", Some(fork), 400, &log[400..looked]);
                    let two = RunTree {
                        branches: vec![branch("trunk", None, 0, &log[..400]), again_as_branch],
                        ..RunTree::default()
                    };
                    for tree in [one, two] {
                        let found = kinds(&tree);
                        assert!(found.is_empty(), "{again} entries, {rise}, looked at {looked}: {found:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_the_schedule_does_not_do_is_still_told() {
        let log = warmed_twice(120, 0.3);
        let with = |from: usize, to: usize, loss: f64| {
            let mut log = log.clone();
            log[from..to].iter_mut().for_each(|entry| entry.1 = loss);
            kinds(&RunTree { branches: vec![branch("trunk", None, 0, &log)], ..RunTree::default() })
        };
        assert_eq!(with(200, 204, 4.0), [AlarmKind::LossSpike], "before");
        assert_eq!(with(480, 483, 6.0), [AlarmKind::LossSpike], "no warming rate comes and goes within three entries");
        assert_eq!(with(490, 520, f64::NAN), [AlarmKind::Collapse], "to the end of the re-warming");
        assert_eq!(with(700, 703, 4.0), [AlarmKind::LossSpike], "after");
        assert_eq!(with(800, 920, 7.0), [AlarmKind::Collapse], "after");
    }

    #[test]
    fn a_plateau_names_a_cause_only_where_the_rate_is_known() {
        let told = |rate: &dyn Fn(usize) -> Option<f64>| {
            let loss = |k: usize| 2.0 + 0.004 * (k as f64 * 2.4).sin();
            let entries = (0..200).map(|k| LogEntry { learning_rate: rate(k), ..entry((k as u64, (0.0, loss(k)))) });
            let mut trunk = branch("trunk", None, 0, &[]);
            trunk.log.entries = entries.collect();
            let tree = RunTree { branches: vec![trunk], ..RunTree::default() };
            let mut found = of_log(&tree, &tree.branches[0]);
            assert_eq!(found.len(), 1);
            found.remove(0).sentence
        };
        let unknown = told(&|_| None);
        assert!(unknown.starts_with("The loss on trunk at 199 M tokens has changed by "), "{unknown}");
        assert!(unknown.ends_with(" over the last doubling of tokens."), "{unknown}");
        let high = told(&|_| Some(3e-4));
        assert!(high.ends_with("tokens: usual at a high constant learning rate, before it falls."), "{high}");
        let low = told(&|k| Some(if k < 60 { 1.0 - k as f64 / 62.0 } else { 0.03 }));
        assert!(
            low.ends_with("tokens. The learning rate is at 3.0 % of its peak: too low, or the model is full."),
            "{low}"
        );
    }
}
