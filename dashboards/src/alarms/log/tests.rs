//! Tests of `log`.

use super::{AlarmKind, *};
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
                let one = RunTree { branches: vec![branch("trunk", None, 0, &log[..looked])], ..RunTree::default() };
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
