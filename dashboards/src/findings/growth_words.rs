//! What grows, in words.

use super::how_sure;
use super::sentences::{Number, Sentence, SentenceKind, Weighed, name, sentence};
use crate::analysis::confidence::Z95;
use crate::number::{percent, points, tokens};
use crate::series::{GrowthClaim, TaskFindings};

/// Steady growth, and rises that no onset tells.
pub(crate) fn growth(tasks: &[&TaskFindings]) -> Vec<Weighed> {
    let told = tasks.iter().filter_map(|task| {
        let path = task.paths.first()?;
        let grown = path.growth?;
        let goes_on = grown.phase == path.ends_in;
        let during = grown.phase.map_or_else(String::new, |phase| format!(" in {}", name(phase)));
        let title = task.subject.title();
        let (text, numbers) = match task.claim? {
            GrowthClaim::Steady => {
                let verb = match (task.higher_is_better, goes_on) {
                    (true, true) => "grows",
                    (true, false) => "grew",
                    (false, true) => "falls",
                    (false, false) => "fell",
                };
                let number = number(task, grown.growth.per_doubling, Z95 * grown.growth.se, true);
                let text = format!("{title} {verb} steadily, {number} per doubling of tokens{during}.");
                (text, [measured(task, "per doubling of tokens", grown.growth.per_doubling, grown.growth.se)])
            }
            GrowthClaim::Risen => {
                let whole = grown.growth.whole();
                let (number, (from, to)) = (number(task, whole.value, Z95 * whole.se, false), grown.tokens);
                let (from, to) = (tokens(from as f64), tokens(to as f64));
                let verb = match (task.higher_is_better, goes_on) {
                    (true, true) => "has risen by",
                    (true, false) => "rose by",
                    (false, true) => "has fallen by",
                    (false, false) => "fell by",
                };
                let when = if goes_on { format!("since {from} tokens") } else { format!("from {from} to {to} tokens") };
                (format!("{title} {verb} {number} {when}."), [measured(task, "change", whole.value, whole.se)])
            }
        };
        let weight = grown.growth.per_doubling / grown.growth.se.max(1e-12);
        let told = sentence(SentenceKind::Growth, text, task, &path.branch, numbers.into());
        Some((weight, Sentence { sure: how_sure::growth(&grown, path), ..told }))
    });
    told.collect()
}

/// A change with its 95 % interval, in the metric's own direction.
fn measured(task: &TaskFindings, name: &'static str, value: f64, se: f64) -> Number {
    let value = if task.higher_is_better { value } else { -value };
    let (low, high) = (Some(value - Z95 * se), Some(value + Z95 * se));
    Number { low, high, ..Number::of(name, task, Some(value)) }
}

/// `+5.3 ± 1.1 points`; with a sign where it is a slope, which falls where less is better.
fn number(task: &TaskFindings, value: f64, half: f64, is_slope: bool) -> String {
    let value = if is_slope && !task.higher_is_better { -value } else { value };
    let text = if task.fraction {
        format!("{} ± {} points", points(value), percent(half))
    } else {
        format!("{value:+.3} ± {half:.3}").replace('-', "−")
    };
    if is_slope { text } else { text.trim_start_matches('+').to_owned() }
}
