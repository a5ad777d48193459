//! In which learning-rate phase an onset lies, and what an anneal added beyond the trunk's trend.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::run::Phase;

/// Points of the trunk that its trend is read from.
const TREND_POINTS: usize = 8;

/// How likely the onset lies where.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseProbabilities {
    /// It was there by the first checkpoint.
    pub before_first: f64,
    /// It has not come by the last.
    pub not_yet: f64,
    /// It lies in this phase; a phase that occurs twice counts together.
    #[serde(flatten)]
    pub phases: BTreeMap<Phase, f64>,
}

/// Spreads an onset's confidence distribution over the phases.
///
/// `tokens` and `confidence` are those of the onset's points, `phases` the starts in tokens, ascending. The mass `F_k − F_{k−1}` is
/// spread evenly in log tokens over `(t_{k−1}, t_k]` (evenly in tokens when `t_{k−1} = 0`). What lies before the first named phase
/// belongs to none. `None` without points. METHODS.md §6.
pub fn phase_probabilities(tokens: &[u64], confidence: &[f64], phases: &[(Phase, u64)]) -> Option<PhaseProbabilities> {
    let (first, last) = (*confidence.first()?, *confidence.last()?);
    if tokens.len() != confidence.len() || confidence.iter().any(|f| !f.is_finite()) {
        return None;
    }
    let mut masses: BTreeMap<Phase, f64> = phases.iter().map(|phase| (phase.0, 0.0)).collect();
    for (tokens, sure) in tokens.windows(2).zip(confidence.windows(2)) {
        let (from, to) = (tokens[0] as f64, tokens[1] as f64);
        let place = |t: f64| if from > 0.0 { t.ln() } else { t };
        let length = place(to) - place(from);
        for (index, &(phase, start)) in phases.iter().enumerate() {
            let end = phases.get(index + 1).map_or(f64::INFINITY, |next| next.1 as f64);
            let (low, high) = (from.max(start as f64), to.min(end));
            if low < high && length > 0.0 {
                *masses.entry(phase).or_default() += (sure[1] - sure[0]) * (place(high) - place(low)) / length;
            }
        }
    }
    Some(PhaseProbabilities { before_first: first, not_yet: 1.0 - last, phases: masses })
}

/// What each trunk point weighs in the trunk's expected score at `branch_tokens`, for a contrast against a branch.
///
/// At a trunk point: that point. Inside the trunk's range: its two neighbours, linear in log tokens. Beyond: the least-squares line
/// in log tokens through the last 8 points, `None` with fewer than 3 or further ahead (in log tokens) than they reach back. Then
/// pass only the points *of the phase that the branch leaves*. `None` before the first point, and where a count of 0 tokens has no
/// logarithm. METHODS.md §6.
pub fn anneal_weights(trunk_tokens: &[u64], branch_tokens: u64) -> Option<Vec<f64>> {
    let mut weights = vec![0.0; trunk_tokens.len()];
    if let Some(same) = trunk_tokens.iter().position(|&tokens| tokens == branch_tokens) {
        weights[same] = 1.0;
        return Some(weights);
    }
    let log = |tokens: u64| (tokens as f64).ln();
    let after = trunk_tokens.iter().position(|&tokens| tokens > branch_tokens);
    if let Some(after) = after {
        let before = after.checked_sub(1).filter(|&before| trunk_tokens[before] > 0)?;
        let share =
            (log(branch_tokens) - log(trunk_tokens[before])) / (log(trunk_tokens[after]) - log(trunk_tokens[before]));
        (weights[before], weights[after]) = (1.0 - share, share);
        return Some(weights);
    }
    let trend: Vec<usize> = (0..trunk_tokens.len()).filter(|&index| trunk_tokens[index] > 0).collect();
    let trend = &trend[trend.len().saturating_sub(TREND_POINTS)..];
    let (&oldest, &newest) = (trend.first()?, trend.last()?);
    let reach = log(trunk_tokens[newest]) - log(trunk_tokens[oldest]);
    if trend.len() < 3 || log(branch_tokens) - log(trunk_tokens[newest]) > reach {
        return None;
    }
    let x: Vec<f64> = trend.iter().map(|&index| log(trunk_tokens[index])).collect();
    let centre = x.iter().sum::<f64>() / x.len() as f64;
    let slope = super::line::slope_weights(&x)?;
    for (&index, slope) in trend.iter().zip(slope) {
        weights[index] = 1.0 / trend.len() as f64 + slope * (log(branch_tokens) - centre);
    }
    Some(weights)
}
#[cfg(test)]
mod tests;
