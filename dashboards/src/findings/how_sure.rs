//! "How sure?", answered in place: what a sentence rests on, in plain words with its numbers.

use crate::analysis::confidence::{CONFIDENCE, Z95};
use crate::analysis::curve::Noise;
use crate::analysis::onset::Onset;
use crate::analysis::onset_words::usual_items;
use crate::number::{percent, points, tokens};
use crate::series::{Basis, BranchGain, PathFindings, PhaseGrowth, TaskFindings};

/// Of an onset: the scores on both sides of it, the level that counts, and what its interval means.
pub(super) fn onset(task: &TaskFindings, path: &PathFindings, onset: &Onset) -> Vec<String> {
    let score = |at: u64| {
        let point = path.points.iter().find(|point| point.tokens == at)?;
        Some(format!("{} at {}", value(task, point.value), tokens(at as f64)))
    };
    let sides: Vec<String> = [onset.after(), onset.by()].into_iter().flatten().filter_map(score).collect();
    let mut lines = Vec::new();
    if !sides.is_empty() {
        lines.push(format!("{}: {} tokens.", task.subject.title(), sides.join(", ")));
    }
    if let Some(scale) = onset.scale {
        let level = value(task, oriented(task, scale.level));
        let items = items(path).map_or_else(String::new, |n| format!(" of {n}"));
        lines.push(format!(
            "It counts as emerged beyond {level}: guessing gives {}, the rest is room for the noise{items} and for how much its \
             checkpoints wobble.",
            value(task, oriented(task, path.curve.chance)),
        ));
    }
    if onset.after().is_some() {
        lines.push(format!("The interval is of {CONFIDENCE}: of twenty such intervals one misses the onset."));
    }
    lines
}

/// Of a gain: the items, the interval of these weights alone, and that with the wobble of checkpoints.
pub(super) fn gain(task: &TaskFindings, found: &BranchGain) -> Vec<String> {
    let interval = |(low, high): (f64, f64)| {
        let (low, high) = if task.higher_is_better { (low, high) } else { (-high, -low) };
        format!("{} to {}", change(task, low), change(task, high))
    };
    let with = match found.basis {
        Basis::EqualTokens => format!("{} at the same tokens", found.parent),
        Basis::Trend => format!("the trend of {}, drawn on to the same tokens", found.parent),
        Basis::Fork => format!("{} at the fork", found.parent),
    };
    let mut lines = vec![
        format!(
            "{} at {} tokens against {with}, on the {} items that both answered: {} ({CONFIDENCE} from the choice of items alone: {}).",
            found.branch,
            tokens(found.tokens as f64),
            found.of_weights.items,
            change(task, oriented(task, found.of_weights.value)),
            interval(found.of_weights.interval),
        ),
        format!(
            "Neighbouring checkpoints differ by chance, too; with that the interval is {}.",
            interval(found.gain.interval)
        ),
    ];
    if found.beside > 1 {
        let (all, wide) = (found.beside, interval(found.together));
        lines.push(format!("{all} gains are looked at together; so that all hold with 98 %, this one is {wide}."));
    }
    lines
}

/// Of growth: what the line was drawn through, and how likely noise draws it.
pub(super) fn growth(grown: &PhaseGrowth, path: &PathFindings) -> Vec<String> {
    let (from, to) = (tokens(grown.tokens.0 as f64), tokens(grown.tokens.1 as f64));
    let points = path.points.iter().filter(|point| (grown.tokens.0..=grown.tokens.1).contains(&point.tokens)).count();
    let p = if grown.growth.p < 1e-4 { "less than 1 in 10,000".to_owned() } else { format!("{:.4}", grown.growth.p) };
    vec![
        format!("A line against the logarithm of tokens through {points} checkpoints from {from} to {to} tokens."),
        format!(
            "Its standard error holds the noise of items and the wobble around the line ({:.1} of them fit into the slope); \
             noise alone gives such a rise with a chance of {p}, before it is corrected for the number of tasks.",
            grown.growth.per_doubling / grown.growth.se.max(1e-12)
        ),
    ]
}

/// Of what waits, or was there from the start: where it ends, and the level.
pub(super) fn level(task: &TaskFindings) -> Option<String> {
    let path = task.paths.first()?;
    let (end, scale) = (path.end?, path.onset.as_ref()?.scale?);
    let half = Z95 * end.se;
    let items = items(path).map_or_else(String::new, |n| format!(", with {n}"));
    Some(format!(
        "{}: {} ± {} over the last quarter of its checkpoints{items}; it counts as emerged beyond {}.",
        task.subject.title(),
        value(task, oriented(task, end.value)),
        if task.fraction { percent(half) } else { format!("{half:.3}") },
        value(task, oriented(task, scale.level)),
    ))
}

/// `186 independent items`, of shares.
fn items(path: &PathFindings) -> Option<String> {
    matches!(path.curve.noise, Noise::Items(_)).then_some(())?;
    let n = usual_items(&path.curve)?;
    Some(format!("{n:.0} independent item{}", if n.round() as u64 == 1 { "" } else { "s" }))
}

/// A value of the curve that was analysed, which is turned round where less is better.
fn oriented(task: &TaskFindings, value: f64) -> f64 {
    if task.higher_is_better { value } else { -value }
}

fn value(task: &TaskFindings, value: f64) -> String {
    if task.fraction { format!("{} %", percent(value)) } else { format!("{value:.3}") }
}

fn change(task: &TaskFindings, value: f64) -> String {
    if task.fraction { points(value) } else { format!("{value:+.3}").replace('-', "−") }
}
