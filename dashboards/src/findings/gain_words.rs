//! What branches added to their parents, in words.

use super::how_sure;
use super::sentences::{Number, Sentence, SentenceKind, Weighed, sentence};
use crate::analysis::CONFIDENCE;
use crate::analysis::confidence::confidence;
use crate::analysis::intervals::Interval;
use crate::number::points;
use crate::run::Phase;
use crate::series::MeanGain;
use crate::series::TaskFindings;
use crate::series::{Basis, BranchGain};

/// What is clearly gained and what is clearly lost.
pub(crate) fn gains(tasks: &[&TaskFindings]) -> (Vec<Weighed>, Vec<Weighed>) {
    let all = tasks.iter().flat_map(|task| task.gains.iter().map(move |gain| (*task, gain)));
    let clear = all.filter(|(_, gain)| gain.is_clear());
    let told = clear.map(|(task, gain)| {
        let text = format!("{}.", gain_words(task, gain));
        let weight = gain.gain.value.abs();
        let (low, high) = in_its_direction(task, gain.together);
        let value = Some(oriented(task, gain.gain.value));
        let number = Number { low: Some(low), high: Some(high), ..Number::of("gain (98 %)", task, value) };
        let told = sentence(SentenceKind::Gain, text, task, &gain.branch, vec![number]);
        (gain.gain.value > 0.0, (weight, Sentence { sure: how_sure::gain(task, gain), ..told }))
    });
    let (gained, lost): (Vec<_>, Vec<_>) = told.partition(|(is_gain, _)| *is_gain);
    let weighed = |told: Vec<(bool, Weighed)>| told.into_iter().map(|(_, weighed)| weighed).collect();
    (weighed(gained), weighed(lost))
}

/// What branches clearly added to the mean of the tasks.
pub(crate) fn mean_gains(tasks: &[&TaskFindings], found: &[MeanGain]) -> Vec<Weighed> {
    let clear = found.iter().filter(|mean| mean.gain.interval.0 > 0.0 || mean.gain.interval.1 < 0.0);
    let told = clear.filter_map(|mean| {
        let of_branch = |task: &&&TaskFindings| task.gains.contains(&mean.like);
        let task = tasks.iter().find(of_branch)?;
        let change = change(mean.gain.value, mean.gain.interval, true, true);
        let (who, beyond) = (who(task, &mean.like.branch), beyond(&mean.like));
        let text = format!(
            "{who} {} {} ({CONFIDENCE} CI {}) {} the mean of {} tasks {beyond}.",
            change.verb, change.by, change.interval, change.to, mean.tasks
        );
        let (low, high) = mean.gain.interval;
        let (value, low, high) = (Some(mean.gain.value), Some(low), Some(high));
        let numbers = vec![Number { name: concat!("mean gain (", confidence!(), ")"), task: None, value, low, high }];
        let branch = Some(mean.like.branch.as_str());
        let sure = vec![format!(
            "The mean of the gains of {} tasks, on {} items in all. Its interval holds the noise of the items and what checkpoints \
             wobble in all tasks at once.",
            mean.tasks, mean.gain.items
        )];
        let sentence = Sentence { numbers, sure, ..Sentence::of(SentenceKind::Gain, text, &[], branch) };
        Some((mean.gain.value.abs(), sentence))
    });
    told.collect()
}

/// All of a branch's gain, for the task's own page: whether it is more than checkpoints usually differ by, and whether the two weights
/// differ on items like these, which is what `spyglass compare` says.
pub(crate) fn gain_in_full(task: &TaskFindings, found: &BranchGain) -> String {
    let of_weights = signed_interval(task, found.of_weights.interval);
    let compared = match found.basis {
        Basis::Trend => String::new(),
        Basis::EqualTokens | Basis::Fork => {
            format!(" Item noise alone, as in `spyglass compare`: {CONFIDENCE} CI {of_weights}.")
        }
    };
    if found.is_clear() {
        return format!("{}.{compared}", gain_words(task, found));
    }
    let (who, title) = (who(task, &found.branch), task.subject.title());
    let value = signed(task.fraction, oriented(task, found.gain.value));
    format!(
        "{who} changed {title} by {value} {}, no more than checkpoints usually differ by (98 % CI {}{}).{compared}",
        beyond(found),
        signed_interval(task, found.together),
        together(found),
    )
}

/// `The anneal took 3.9 points (1.2 to 6.6 for all 15 gains together) from facts beyond trunk at equal tokens`.
fn gain_words(task: &TaskFindings, found: &BranchGain) -> String {
    let change = change(found.gain.value, found.together, task.fraction, task.higher_is_better);
    let (who, title, beyond) = (who(task, &found.branch), task.subject.title(), beyond(found));
    let (verb, by, to) = (change.verb, change.by, change.to);
    if to.is_empty() {
        return format!("{who} {verb} {title} by {by} (98 % CI {}{}) {beyond}", change.interval, together(found));
    }
    format!("{who} {verb} {by} (98 % CI {}{}) {to} {title} {beyond}", change.interval, together(found))
}

/// ` for all 15 gains together`: the interval is wider than that of one gain alone.
fn together(found: &BranchGain) -> String {
    if found.beside > 1 { format!(" for all {} gains together", found.beside) } else { String::new() }
}

/// `The anneal`, `The anneal on cooldown`, `Branch seed-2`.
fn who(task: &TaskFindings, branch: &str) -> String {
    let anneals: Vec<&str> = task
        .paths
        .iter()
        .filter(|path| path.own_from > 0 && path.ends_in == Some(Phase::Anneal))
        .map(|path| path.branch.as_str())
        .collect();
    match anneals.as_slice() {
        [only] if *only == branch => "The anneal".to_owned(),
        all if all.contains(&branch) => format!("The anneal on {branch}"),
        _ => format!("Branch {branch}"),
    }
}

fn beyond(found: &BranchGain) -> String {
    let parent = &found.parent;
    match found.basis {
        Basis::Trend => format!("beyond {parent}'s trend at equal tokens"),
        Basis::EqualTokens => format!("beyond {parent} at equal tokens"),
        Basis::Fork => "since the fork (includes the extra tokens)".to_owned(),
    }
}

/// A clear change in words.
struct Change {
    verb: &'static str,
    by: String,
    interval: String,
    to: &'static str,
}

/// A gain is added and a loss taken; of a metric of which less is better, a gain lowers it.
fn change(value: f64, interval: Interval, fraction: bool, higher_is_better: bool) -> Change {
    let (low, high) = if value < 0.0 { (-interval.1, -interval.0) } else { interval };
    let plain = |value: f64| signed(fraction, value).trim_start_matches('+').replace(" points", "");
    let interval = format!("{} to {}", plain(low), plain(high));
    let size = signed(fraction, value.abs());
    let without_sign = size.trim_start_matches('+').to_owned();
    let (verb, by, to) = match (higher_is_better, value > 0.0) {
        (true, true) => ("added", size, "to"),
        (true, false) => ("took", without_sign, "from"),
        (false, true) => ("lowered", without_sign, ""),
        (false, false) => ("raised", without_sign, ""),
    };
    Change { verb, by, interval, to }
}

fn oriented(task: &TaskFindings, value: f64) -> f64 {
    if task.higher_is_better { value } else { -value }
}

fn signed(fraction: bool, value: f64) -> String {
    if fraction { format!("{} points", points(value)) } else { format!("{value:+.3}").replace('-', "−") }
}

/// An interval of gains in the metric's own direction.
fn in_its_direction(task: &TaskFindings, (low, high): Interval) -> Interval {
    if task.higher_is_better { (low, high) } else { (-high, -low) }
}

fn signed_interval(task: &TaskFindings, interval: Interval) -> String {
    let (low, high) = in_its_direction(task, interval);
    let plain = |value: f64| signed(task.fraction, value).trim_start_matches('+').replace(" points", "");
    format!("{} to {}", plain(low), plain(high))
}
