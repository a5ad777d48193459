//! The interval of a pack's survival.

use super::confidence::Z95;
use super::intervals::{Interval, mean_se, wilson};
use super::statistics::mean;

/// A share of passed prompts, with what it is worth and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackInterval {
    /// Mean of the prompts' means.
    pub share: f64,
    /// Independent prompts it is worth: the `n` of its interval and of its onset.
    pub effective: f64,
    /// Wilson's interval.
    pub interval: Interval,
}

/// The share of passes of K prompts with `R_k` repeats each (`passes[k]`, each in [0, 1]), for *prompts like these*.
///
/// p = mean of the prompt means, `SE² = Σ(m_k−p)² / (K(K−1))`, `n_eff = clamp(p(1−p)/SE², K, ΣR_k)` and K when SE = 0 or K = 1; then
/// [`wilson`]. Repeats are not independent prompts: counting them so covers .51 instead of .95. Prompts without repeats are left
/// out; `None` without prompts.
pub fn pack_interval(passes: &[Vec<f64>]) -> Option<PackInterval> {
    let means: Vec<f64> = passes.iter().filter_map(|repeats| mean(repeats)).collect();
    let prompts = means.len() as f64;
    let repeats: usize = passes.iter().map(Vec::len).sum();
    let (share, se) = mean_se(&means);
    let share = share?;
    let effective = match se {
        Some(se) if se > 0.0 => (share * (1.0 - share) / (se * se)).max(prompts).min(repeats as f64),
        _ => prompts,
    };
    Some(PackInterval { share, effective, interval: wilson(share, effective, Z95)? })
}
