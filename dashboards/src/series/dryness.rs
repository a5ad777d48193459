//! How dry each pack's talk is at each checkpoint.

use std::collections::BTreeMap;

use rayon::prelude::*;
use spyglass_tasks::vibes::Transcript;
use spyglass_tasks::vibes::dryness::{Measure, Readings, Said, StockPhrases};

use crate::analysis::{Interval, clustered_mean};
use crate::run::{At, PackUnit, Run};

/// One measure of one pack at one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dry {
    /// The measure.
    pub(crate) value: f64,
    /// Its 95 % interval for prompts like these; `None` where one prompt tells it, or nothing varies.
    pub(crate) interval: Option<Interval>,
    /// Prompts in whose replies it was measured.
    pub(crate) prompts: usize,
}

/// The measures of one pack: beside each checkpoint that it was run on, in the order of [`Measure::ALL`]; `None` where too little was
/// said.
pub(crate) type PackDryness<'a> = BTreeMap<At<'a>, Vec<Option<Dry>>>;

/// Of all packs, by name.
pub(crate) fn dryness<'a>(run: &'a Run, stock: &StockPhrases) -> BTreeMap<&'a str, PackDryness<'a>> {
    let measured = |unit: &'a PackUnit| (unit, measures(&unit.transcripts, stock));
    let all: Vec<_> = run.packs.par_iter().map(measured).collect();
    let mut packs: BTreeMap<&str, PackDryness<'a>> = BTreeMap::new();
    for (unit, found) in all {
        packs.entry(&unit.record.task).or_default().insert(unit.record.checkpoint.at(), found);
    }
    packs
}

fn measures(talks: &[Transcript], stock: &StockPhrases) -> Vec<Option<Dry>> {
    let mut prompts: Vec<&str> = Vec::new();
    let mut replies = Vec::new();
    for talk in talks {
        let known = prompts.iter().position(|prompt| *prompt == talk.prompt);
        let prompt = known.unwrap_or_else(|| {
            prompts.push(&talk.prompt);
            prompts.len() - 1
        });
        replies.extend(talk.turns.iter().map(|turn| (prompt, turn.reply.as_str())));
    }
    let said = Said::of(replies);
    Measure::ALL.map(|measure| dry(measure, &measure.of(&said, stock))).into()
}

fn dry(measure: Measure, found: &Readings) -> Option<Dry> {
    let (value, interval) = clustered_mean(&found.values, &found.groups)?;
    let most = if measure.is_share() { 1.0 } else { f64::INFINITY };
    let mut prompts = found.groups.clone();
    prompts.sort_unstable();
    prompts.dedup();
    let within = |(low, high): Interval| (low.max(0.0), high.min(most));
    Some(Dry { value, interval: interval.map(within), prompts: prompts.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_tasks::vibes::TurnRecord;

    /// Intervals of `tests/reference/dryness.py`, which groups replies as prompts do.
    #[test]
    fn intervals_are_those_of_an_independent_program() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/reference/dryness.json")).unwrap();
        let phrases: Vec<String> = serde_json::from_value(golden["stock_phrases"].clone()).unwrap();
        let stock = StockPhrases::of(&phrases).unwrap();
        let mut seen = 0;
        for case in golden["cases"].as_array().unwrap() {
            let replies: Vec<(usize, String)> = serde_json::from_value(case["replies"].clone()).unwrap();
            let talk = |(group, reply): (usize, String)| Transcript {
                prompt: group.to_string(),
                turns: vec![TurnRecord { reply, ..TurnRecord::default() }],
                ..Transcript::default()
            };
            let talks: Vec<Transcript> = replies.into_iter().map(talk).collect();
            for (measure, found) in Measure::ALL.into_iter().zip(measures(&talks, &stock)) {
                let wanted = &case["measures"][measure.name()];
                let place = format!("{} of `{}`", measure.name(), case["name"]);
                assert_eq!(found.is_none(), wanted.is_null(), "{place}");
                let Some((found, half)) = found.zip(wanted["half"].as_f64()) else { continue };
                let Some((low, high)) = found.interval else {
                    assert!(half < 1e-9, "{place}: no interval, ± {half} wanted");
                    continue;
                };
                // zlib and zlib-rs differ a little; the others are arithmetic, but for the ends that a value cannot pass.
                let near = if measure == Measure::Compression { 0.05 } else { 1e-6 };
                assert!(low == 0.0 || (found.value - low - half).abs() < near, "{place}: {low}");
                assert!((high - found.value - half).abs() < near, "{place}: {high}");
                seen += 1;
            }
        }
        assert!(seen >= 10, "{seen} intervals");
    }
}
