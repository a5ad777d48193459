//! Draws tokens as settings ask for.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::sampling::Sampling;
use crate::scoring::greatest;

/// The state of one conversation's draws.
#[derive(Debug)]
pub(crate) struct Sampler<'a> {
    sampling: &'a Sampling,
    random: ChaCha8Rng,
    occurred: HashSet<u32>,
}

/// A token and how far it was from another.
pub(crate) struct Picked {
    pub(crate) token: u32,
    /// Largest logit minus the second largest, before any change; infinite when there is one token only.
    pub(crate) margin: f32,
}

impl<'a> Sampler<'a> {
    /// Seeded by `sampling.seed` and `words` alone, so that nothing else disturbs the draws; `tokens` are those before the
    /// answer.
    pub(crate) fn new(sampling: &'a Sampling, words: &[&str], tokens: impl Iterator<Item = u32>) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&sampling.seed.to_le_bytes());
        for word in words {
            hash.update(&(word.len() as u64).to_le_bytes()).update(word.as_bytes());
        }
        let random = ChaCha8Rng::from_seed(*hash.finalize().as_bytes());
        Self { sampling, random, occurred: tokens.collect() }
    }

    /// Picks the token after a row of logits; `None` when they are not finite.
    pub(crate) fn pick(&mut self, logits: &[f32]) -> Option<Picked> {
        if !logits.iter().all(|logit| logit.is_finite()) {
            return None;
        }
        let best = greatest(logits);
        let others = logits.iter().enumerate().filter(|&(token, _)| token != best as usize).map(|(_, &logit)| logit);
        let margin = logits[best as usize] - others.fold(f32::NEG_INFINITY, f32::max);
        let changed = self.penalised(logits);
        let logits = changed.as_deref().unwrap_or(logits);
        let token = if self.sampling.temperature == 0.0 {
            greatest(logits)
        } else {
            let share = (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64; // uniform in [0, 1)
            draw(logits, self.sampling, share)
        };
        self.occurred.insert(token);
        Some(Picked { token, margin })
    }

    fn penalised(&self, logits: &[f32]) -> Option<Vec<f32>> {
        let penalty = self.sampling.repetition_penalty as f32;
        if (penalty - 1.0).abs() < f32::EPSILON {
            return None;
        }
        let mut logits = logits.to_vec();
        for &token in &self.occurred {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
            }
        }
        Some(logits)
    }
}

/// The token at `share` of the probability that temperature, top-k and top-p leave, in the order of transformers.
pub(super) fn draw(logits: &[f32], sampling: &Sampling, share: f64) -> u32 {
    let mut kept: Vec<(u32, f64)> = (0..).zip(logits.iter().map(|&logit| f64::from(logit))).collect();
    if sampling.top_k > 0 && sampling.top_k < kept.len() {
        let mut sorted = kept.clone();
        let (_, &mut (_, least), _) = sorted.select_nth_unstable_by(sampling.top_k - 1, |a, b| b.1.total_cmp(&a.1));
        kept.retain(|&(_, logit)| logit >= least);
    }
    let largest = kept.iter().map(|&(_, logit)| logit).fold(f64::NEG_INFINITY, f64::max);
    for (_, weight) in &mut kept {
        *weight = ((*weight - largest) / sampling.temperature).exp();
    }
    if sampling.top_p < 1.0 {
        kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let enough = sampling.top_p * kept.iter().map(|&(_, weight)| weight).sum::<f64>();
        let mut above = 0.0;
        let mut count = 0;
        while count < kept.len() && above < enough {
            above += kept[count].1;
            count += 1;
        }
        kept.truncate(count.max(1));
    }
    let mut left = share * kept.iter().map(|&(_, weight)| weight).sum::<f64>();
    for &(token, weight) in &kept {
        if left < weight {
            return token;
        }
        left -= weight;
    }
    // rounding ate the last sliver: the last token that can be drawn at all
    kept.iter().rev().find(|&&(_, weight)| weight > 0.0).map_or(0, |&(token, _)| token)
}

#[cfg(test)]
mod tests;
