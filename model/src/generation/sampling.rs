//! The next token from a row of logits: greedy, or drawn after repetition penalty, temperature, top-k and top-p.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::error::{Error, Result};
use crate::scoring::greatest;

/// How an answer is drawn and when it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the most probable token always.
    pub temperature: f64,
    /// Only this many most probable tokens (and those as probable as the last of them); 0 for all.
    pub top_k: usize,
    /// Only the most probable tokens that together have this probability; 1 for all.
    pub top_p: f64,
    /// Divides the positive logits of tokens that occurred and multiplies their negative ones; 1 for none.
    pub repetition_penalty: f64,
    /// Tokens of the answer at most.
    pub max_tokens: usize,
    /// Texts that end an answer; they are not part of it.
    pub stop: Vec<String>,
    /// Begins the seed, before the words that name a conversation.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            repetition_penalty: 1.0,
            max_tokens: 256,
            stop: Vec::new(),
            seed: 0,
        }
    }
}

impl Sampling {
    /// Checks that every setting means something.
    ///
    /// # Errors
    /// [`Error::Sampling`] names the first that does not.
    pub fn check(&self) -> Result<()> {
        let error = |key, found: String, expected| Err(Error::Sampling { key, found, expected });
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return error("temperature", self.temperature.to_string(), "a number of at least 0");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return error("top_p", self.top_p.to_string(), "a number above 0 and up to 1");
        }
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            return error("repetition_penalty", self.repetition_penalty.to_string(), "a number above 0");
        }
        if self.max_tokens == 0 {
            return error("max_tokens", "0".into(), "at least 1");
        }
        if self.stop.iter().any(String::is_empty) {
            return error("stop", "\"\"".into(), "texts of at least one character");
        }
        Ok(())
    }
}

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
fn draw(logits: &[f32], sampling: &Sampling, share: f64) -> u32 {
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
mod tests {
    use super::*;

    fn probabilities(logits: &[f32], sampling: &Sampling) -> Vec<f64> {
        let draws = 20_000;
        let mut counts = vec![0.0; logits.len()];
        for i in 0..draws {
            counts[draw(logits, sampling, (f64::from(i) + 0.5) / f64::from(draws)) as usize] += 1.0 / f64::from(draws);
        }
        counts
    }

    /// Expected values: `TemperatureLogitsWarper`, `TopKLogitsWarper`, `TopPLogitsWarper` of transformers, by hand:
    /// softmax(ln [8, 4, 2, 1, 1] / t) over what is kept.
    #[test]
    fn temperature_top_k_and_top_p_keep_what_transformers_keeps() {
        let logits: Vec<f32> = [8f32, 4.0, 2.0, 1.0, 1.0].iter().map(|p| p.ln()).collect();
        let base = Sampling { temperature: 1.0, ..Sampling::default() };
        let cases = [
            (base.clone(), [0.5, 0.25, 0.125, 0.0625, 0.0625]),
            (
                Sampling { temperature: 0.5, ..base.clone() },
                [64.0 / 86.0, 16.0 / 86.0, 4.0 / 86.0, 1.0 / 86.0, 1.0 / 86.0],
            ),
            (Sampling { top_k: 2, ..base.clone() }, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0]),
            (Sampling { top_k: 4, ..base.clone() }, [0.5, 0.25, 0.125, 0.0625, 0.0625]), // a tie at the border stays
            (Sampling { top_p: 0.7, ..base.clone() }, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0]),
            (Sampling { top_p: 0.76, ..base.clone() }, [8.0 / 14.0, 4.0 / 14.0, 2.0 / 14.0, 0.0, 0.0]),
            (Sampling { top_p: 1e-9, ..base.clone() }, [1.0, 0.0, 0.0, 0.0, 0.0]),
            // top-p of what top-k left: [4/7, 2/7, 1/7], so the first alone is below 0.6 and two are enough
            (Sampling { top_k: 3, top_p: 0.6, ..base.clone() }, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0]),
        ];
        for (sampling, expected) in cases {
            let found = probabilities(&logits, &sampling);
            let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 2e-4);
            assert!(near, "{sampling:?}: {found:?}, expected {expected:?}");
        }
    }

    #[test]
    fn the_penalty_comes_before_the_choice() {
        let sampling = Sampling { repetition_penalty: 2.0, ..Sampling::default() };
        let mut sampler = Sampler::new(&sampling, &[], [0, 3].into_iter());
        let picked = sampler.pick(&[3.0, 2.0, -4.0, -1.5]).unwrap();
        assert_eq!((picked.token, picked.margin), (1, 1.0)); // 3 / 2 is below 2
        assert_eq!(sampler.pick(&[3.0, 2.0, -4.0, -1.5]).unwrap().token, 0); // now 2 / 2 is below 3 / 2
        assert_eq!(sampler.pick(&[-2.0, -5.0, -2.5, -2.0]).unwrap().token, 2); // negative ones are multiplied
    }

    #[test]
    fn ties_go_to_the_lowest_id() {
        let sampling = Sampling::default();
        let picked = Sampler::new(&sampling, &[], std::iter::empty()).pick(&[1.0, 4.0, 4.0]).unwrap();
        assert_eq!((picked.token, picked.margin), (1, 0.0));
        assert!(Sampler::new(&sampling, &[], std::iter::empty()).pick(&[1.0, f32::NAN]).is_none());
    }

    #[test]
    fn the_seed_is_made_of_seed_and_words() {
        let logits = [0.0; 1000];
        let draws = |seed, words: &[&str]| -> Vec<u32> {
            let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
            let mut sampler = Sampler::new(&sampling, words, std::iter::empty());
            (0..8).map(|_| sampler.pick(&logits).unwrap().token).collect()
        };
        assert_eq!(draws(1, &["pirate", "a"]), draws(1, &["pirate", "a"]));
        assert_ne!(draws(1, &["pirate", "a"]), draws(2, &["pirate", "a"]));
        assert_ne!(draws(1, &["pirate", "a"]), draws(1, &["pirate", "b"]));
        assert_ne!(draws(1, &["ab", "c"]), draws(1, &["a", "bc"]));
    }

    #[test]
    fn settings_without_meaning_are_refused_by_name() {
        let cases = [
            ("temperature", Sampling { temperature: -1.0, ..Sampling::default() }),
            ("temperature", Sampling { temperature: f64::NAN, ..Sampling::default() }),
            ("top_p", Sampling { top_p: 0.0, ..Sampling::default() }),
            ("top_p", Sampling { top_p: 1.5, ..Sampling::default() }),
            ("repetition_penalty", Sampling { repetition_penalty: 0.0, ..Sampling::default() }),
            ("max_tokens", Sampling { max_tokens: 0, ..Sampling::default() }),
            ("stop", Sampling { stop: vec![String::new()], ..Sampling::default() }),
        ];
        for (wrong, sampling) in cases {
            assert!(matches!(sampling.check(), Err(Error::Sampling { key, .. }) if key == wrong), "{sampling:?}");
        }
        Sampling::default().check().unwrap();
    }
}
