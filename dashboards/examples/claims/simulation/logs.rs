//! Made-up training logs: a loss that falls as scaling laws say, noise, and what happens to it.

use spyglass_dashboards::run::{LogEntry, Phase, PhaseStart, Run};

use super::draw::Dice;
use super::made::{TOKENS_PER_STEP, branch, run};
use super::scenarios::{Event, Log};
use super::truth::{LossTruth, Truth};

/// Where the rate begins to fall and where it is low, as shares of the tokens.
const FALLS: (f64, f64) = (0.45, 0.5);
/// Warming takes this share of the tokens.
const WARMING: f64 = 0.02;
/// The loss needs so long after the rate to be back, and is so much lower while the rate is low.
const LAG: f64 = 0.01;
const LOWER: f64 = 0.05;

/// The loss of 7 B parameters (Hoffmann and others 2022, third approach) after so many tokens.
fn law(tokens: f64) -> f64 {
    1.69 + 406.4 / 7e9_f64.powf(0.34) + 410.7 / tokens.powf(0.28)
}

pub(crate) fn of_log(dice: &mut Dice, log: Log, entries: usize) -> (Run, Truth) {
    let mut trunk = branch("trunk", None, &[log.tokens as u64], phases(log));
    let entry = |k: usize| {
        let share = (k + 1) as f64 / entries as f64;
        let noise = log.noise * if log.heavy { dice.heavy() } else { dice.normal() };
        let tokens = (share * log.tokens) as u64;
        LogEntry {
            step: tokens / TOKENS_PER_STEP,
            tokens: Some(tokens),
            learning_rate: Some(3e-4 * rate(log.event, share)),
            loss: Some(loss(log, k, entries, share) * (1.0 + noise)),
            ..LogEntry::default()
        }
    };
    trunk.log.entries = (0..entries).map(entry).collect();
    let loss = LossTruth {
        spikes: matches!(log.event, Event::Spike(..)),
        collapses: log.event == Event::Collapse,
        stands_still: log.event == Event::StandsStill,
    };
    (run(vec![trunk], Vec::new()), Truth { loss, ..Truth::default() })
}

fn phases(log: Log) -> Vec<PhaseStart> {
    let start = |(phase, share): (Phase, f64)| {
        let from_step = (share * log.tokens) as u64 / TOKENS_PER_STEP;
        PhaseStart { phase, from_step, from_tokens: from_step * TOKENS_PER_STEP }
    };
    let mut phases = vec![(Phase::Warmup, 0.0), (Phase::Stable, 0.01)];
    if let Event::Rewarmed(rises) = log.event {
        let starts = [FALLS.0, FALLS.1, rises, rises + WARMING];
        phases.extend([Phase::Anneal, Phase::Stable, Phase::Rewarm, Phase::Stable].into_iter().zip(starts));
    }
    phases.into_iter().map(start).collect()
}

/// From 0 at `from` to 1 at `to`.
fn ramp(x: f64, from: f64, to: f64) -> f64 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

fn rate(event: Event, share: f64) -> f64 {
    let lower = match event {
        Event::Rewarmed(rises) => ramp(share, FALLS.0, FALLS.1) - ramp(share, rises, rises + WARMING),
        _ => 0.0,
    };
    ramp(share, 0.0, 0.01) * (1.0 - 0.9 * lower)
}

fn loss(log: Log, k: usize, entries: usize, share: f64) -> f64 {
    let tokens = share * log.tokens;
    match log.event {
        Event::None => law(tokens),
        Event::Spike(height, length) => {
            law(tokens) * if (entries / 2..entries / 2 + length).contains(&k) { 1.0 + height } else { 1.0 }
        }
        Event::Collapse => law(tokens) * if share > 0.6 { 1.5 } else { 1.0 },
        Event::StandsStill => law(tokens.min(0.45 * log.tokens)),
        Event::Rewarmed(rises) => {
            let lower = ramp(share, FALLS.0, FALLS.1 + LAG) - ramp(share, rises, rises + WARMING + LAG);
            law(tokens) * (1.0 - LOWER * lower)
        }
    }
}
