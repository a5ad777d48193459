//! The numbers of the page as tables.

use super::page::Arithmetic;
use crate::report::tables::written;

const DIVERGENCES: [&str; 17] = [
    "arithmetic",
    "branch",
    "variant",
    "step",
    "tokens",
    "phase",
    "tokens_compared",
    "kl",
    "kl_low95",
    "kl_high95",
    "kl_99",
    "kl_999",
    "rms_probability_change",
    "same_top",
    "perplexity_ratio",
    "ratio_low95",
    "ratio_high95",
];

/// A line for every checkpoint of every arithmetic whose next tokens were compared.
pub(super) fn divergences(arithmetics: &[Arithmetic]) -> String {
    let lines = arithmetics.iter().flat_map(|one| {
        one.checkpoints.iter().filter_map(|row| {
            let (at, shifts) = (&row.at, row.measured.as_ref()?);
            let end = |sign: f64| number(shifts.half().map(|half| shifts.divergence + sign * half));
            let ratio = |end: usize| number(shifts.ratio_interval.map(|interval| interval[end]));
            Some(vec![
                one.precision.clone(),
                at.branch.clone(),
                at.variant.clone().unwrap_or_default(),
                at.step.to_string(),
                at.tokens.to_string(),
                row.phase.to_owned(),
                shifts.tokens.to_string(),
                shifts.divergence.to_string(),
                end(-1.0),
                end(1.0),
                shifts.divergence_99.to_string(),
                number(shifts.divergence_999),
                shifts.probability_change.to_string(),
                shifts.same_best.to_string(),
                shifts.ratio.to_string(),
                ratio(0),
                ratio(1),
            ])
        })
    });
    written([DIVERGENCES.map(str::to_owned).to_vec()].into_iter().chain(lines))
}

const FLIPS: [&str; 12] = [
    "arithmetic",
    "branch",
    "step",
    "task",
    "metric",
    "items",
    "lost",
    "gained",
    "mcnemar_p",
    "difference",
    "low95",
    "high95",
];

/// A line for every task of every checkpoint that was scored in both.
pub(super) fn flips(arithmetics: &[Arithmetic]) -> String {
    let lines = arithmetics.iter().flat_map(|one| {
        one.flips.iter().chain(&one.earlier).map(|row| {
            let [value, low, high] = row.difference.map(|number| number.to_string());
            let count = |side: usize| row.flips.map_or_else(String::new, |flips| flips[side].to_string());
            vec![
                one.precision.clone(),
                row.line.clone(),
                row.step.to_string(),
                row.task.clone(),
                row.metric.clone(),
                row.items.to_string(),
                count(0),
                count(1),
                number(row.mcnemar),
                value,
                low,
                high,
            ]
        })
    });
    written([FLIPS.map(str::to_owned).to_vec()].into_iter().chain(lines))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
