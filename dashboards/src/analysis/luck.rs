//! How much a chosen best rises by luck alone.

use super::many_tests::benjamini_hochberg;
use super::statistics::{ALPHA, mean, phi};
use super::verdicts::VerdictHops;

/// Which rows of verdicts change in an order that luck does not explain, all rows of a page together ([`ALPHA`]).
///
/// Benjamini and Hochberg over the rows that could tell at all with as many passes as they have: where all rows are luck, one page in
/// fifty has any; where some changed, one in fifty of those told is expected to be luck. (Holm would tell none of forty rows that
/// all changed once, in the middle of twelve checkpoints.) The number of passes says nothing about their order, so leaving the
/// others out costs nothing. Source: Tarone (1990), Biometrics 46, 515–522.
pub fn beyond_luck(rows: &[VerdictHops]) -> Vec<bool> {
    let able: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].least_luck() <= ALPHA).collect();
    let adjusted = benjamini_hochberg(&able.iter().map(|&row| rows[row].luck()).collect::<Vec<_>>());
    let mut beyond = vec![false; rows.len()];
    for (row, p) in able.into_iter().zip(adjusted) {
        beyond[row] = p <= ALPHA;
    }
    beyond
}

/// How often prompts whose values have no order in time rise so much from the checkpoints before `split` to those from it on.
///
/// `prompts[j][k]` is prompt j's value at checkpoint k, where it was asked. With m after and before, n₁ and n₂ points:
/// `z = Σ_j (m_after − m_before) / √Σ_j s_j² (1/n₁ + 1/n₂)`, s² the variance of the prompt's values: mean and variance over all
/// orders of them. Times the number of splits, since the split was chosen where it rises. 1 where no prompt has values on both
/// sides that differ.
pub fn rise_by_luck(prompts: &[Vec<Option<f64>>], split: usize) -> f64 {
    let (mut rise, mut variance, mut checkpoints) = (0.0, 0.0, 0);
    for values in prompts {
        let known =
            |part: &[Option<f64>]| part.iter().copied().flatten().filter(|v| v.is_finite()).collect::<Vec<f64>>();
        let split = split.min(values.len());
        let (before, after) = (known(&values[..split]), known(&values[split..]));
        let Some((low, high)) = mean(&before).zip(mean(&after)) else { continue };
        let all: Vec<f64> = before.iter().chain(&after).copied().collect();
        let centre = all.iter().sum::<f64>() / all.len() as f64;
        let squares: f64 = all.iter().map(|value| (value - centre).powi(2)).sum();
        rise += high - low;
        variance += squares / (all.len() - 1) as f64 * (1.0 / before.len() as f64 + 1.0 / after.len() as f64);
        checkpoints = checkpoints.max(all.len());
    }
    if variance <= 0.0 {
        return 1.0;
    }
    (phi(-rise / variance.sqrt()) * (checkpoints - 1) as f64).min(1.0)
}
