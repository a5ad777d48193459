//! What a gate measures: a drop on the same items, a score, a pack's passes, a persona's hold.

use std::collections::HashSet;

use spyglass_tasks::MetricValue;
use spyglass_tasks::vibes::Transcript;

use crate::analysis::intervals::sure_count;
use crate::analysis::{Measured, Z95, half_width, pack_interval};
use crate::findings::ComparedTask;
use crate::run::Unit;
use crate::series::{Estimate, is_share};

/// How much worse the second side is than the first, in the metric's own unit; more is worse whichever way the metric goes.
///
/// Right and wrong items are flips, of as many pairs as the interval of the difference is worth where items hang together or are weighed;
/// all else is a mean with its standard error.
pub fn drop_of(row: &ComparedTask, higher_is_better: bool) -> Measured {
    let (items, se) = (row.difference.items as f64, row.difference.se);
    let value = if higher_is_better { -row.difference.value } else { row.difference.value };
    if row.mcnemar.is_none() {
        let df = row.clusters.unwrap_or(row.difference.items).saturating_sub(1);
        // The difference's error is already as wide as few clusters make it: what Student's t adds is taken off again.
        let se = row.clusters.map_or(se, |clusters| se * Z95 / half_width(Some(clusters)));
        return Measured::Mean { value, se, df };
    }
    let changed = (row.lost.len() + row.gained.len()) as f64 / items;
    let changed = changed.max(value.abs());
    let spread = changed - value * value;
    let pairs = match row.clusters {
        None => items,
        Some(_) if se > 0.0 && spread > 0.0 => (spread / (se * se)).min(items),
        Some(clusters) => clusters as f64 * (Z95 / half_width(Some(clusters))).powi(2),
    };
    Measured::Flips { lost: f64::midpoint(changed, value), gained: f64::midpoint(changed, -value), pairs }
}

/// A unit's score in one metric; `None` where it lacks the metric or its error is not known.
pub fn score_of(unit: &Unit, metric: &MetricValue, of_group: bool) -> Option<Measured> {
    let names: HashSet<&String> = unit.items.iter().filter_map(|item| item.cluster.as_ref()).collect();
    let clusters = (!names.is_empty()).then_some(names.len());
    let found = Estimate::of(metric, clusters, of_group)?;
    if is_share(&metric.name) && (0.0..=1.0).contains(&found.value) {
        return Some(Measured::Share { share: found.value, items: sure_count(found.effective, found.clusters) });
    }
    let df = found.clusters.unwrap_or(found.n).saturating_sub(1);
    Some(Measured::Mean { value: found.value, se: found.se?, df })
}

/// Means of the prompts' conversations, each in [0, 1], by the prompt's id.
fn passes(transcripts: &[Transcript], passed: impl Fn(&Transcript) -> Option<f64>) -> Vec<(&str, Vec<f64>)> {
    let mut prompts: Vec<(&str, Vec<f64>)> = Vec::new();
    for (transcript, passed) in transcripts.iter().filter_map(|talk| Some((talk, passed(talk)?))) {
        match prompts.iter_mut().find(|(id, _)| *id == transcript.prompt) {
            Some((_, own)) => own.push(passed),
            None => prompts.push((&transcript.prompt, vec![passed])),
        }
    }
    prompts
}

/// Whether a persona was kept to the end, where the conversation has one.
fn kept(talk: &Transcript) -> Option<f64> {
    talk.stickiness.map(|kept| if kept.dropped { 0.0 } else { 1.0 })
}

/// Share of passed prompts of a pack, for prompts like these; with `persona`, share of conversations in which it was kept to the end, of one
/// prompt where it is named: then conversations are counted, not prompts. With how many there are.
pub fn pack_share(transcripts: &[Transcript], persona: Option<Option<&str>>) -> Option<(Measured, usize)> {
    let prompts = match persona {
        None => passes(transcripts, |talk| talk.passed.map(|passed| f64::from(u8::from(passed)))),
        Some(_) => passes(transcripts, kept),
    };
    if let Some(Some(prompt)) = persona {
        let talks = &prompts.iter().find(|(id, _)| *id == prompt)?.1;
        let share = talks.iter().sum::<f64>() / talks.len() as f64;
        return Some((Measured::Share { share, items: talks.len() as f64 }, talks.len()));
    }
    let count = prompts.len();
    let found = pack_interval(&prompts.into_iter().map(|(_, passes)| passes).collect::<Vec<_>>())?;
    Some((Measured::Share { share: found.share, items: found.effective }, count))
}

/// How much smaller the share of passed prompts is on the second side, of the prompts that both have; with how many those are.
///
/// A prompt's repeats are no prompts: each prompt counts once, by the mean of its conversations.
pub fn pack_drop(before: &[Transcript], after: &[Transcript]) -> Option<(Measured, usize)> {
    let share = |talks| {
        let mean = |own: Vec<f64>| own.iter().sum::<f64>() / own.len() as f64;
        let passed = |talk: &Transcript| talk.passed.map(|passed| f64::from(u8::from(passed)));
        passes(talks, passed).into_iter().map(|(id, own)| (id, mean(own))).collect::<Vec<_>>()
    };
    let (before, after) = (share(before), share(after));
    let pairs: Vec<(f64, f64)> = before
        .iter()
        .filter_map(|(id, was)| after.iter().find(|(other, _)| other == id).map(|(_, is)| (*was, *is)))
        .collect();
    let count = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let lost = mean(|(was, is)| (was - is).max(0.0));
    let gained = mean(|(was, is)| (is - was).max(0.0));
    (!pairs.is_empty()).then_some((Measured::Flips { lost, gained, pairs: count }, pairs.len()))
}
