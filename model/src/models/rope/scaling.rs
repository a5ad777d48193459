//! The ways in which configs stretch rotary embeddings beyond the lengths of training.

use std::f64::consts::PI;

use serde_json::Value;

use super::Rope;
use crate::checkpoint::Keys;
use crate::error::Result;

/// The ways in which frequencies are changed for longer contexts.
pub(super) struct Scaling<'a> {
    pub(super) keys: &'a Keys,
    pub(super) parameters: &'a Keys,
    pub(super) positions: usize,
}

impl Scaling<'_> {
    /// A positive number that has to be there.
    fn required(&self, key: &str) -> Result<f64> {
        let value = self.parameters.number(&[key], f64::NAN)?;
        if value.is_nan() {
            return Err(self.parameters.error(key, "is missing below the rotary embedding".into()));
        }
        if value.is_finite() && value > 0.0 {
            return Ok(value);
        }
        Err(self.parameters.error(key, format!("is {value}, expected a number above 0")))
    }

    fn original_positions(&self) -> Result<f64> {
        let key = "original_max_position_embeddings"; // what stands at the top counts first
        Ok(self.keys.size(&[key], self.parameters.size(&[key], self.positions)?)? as f64)
    }

    pub(super) fn linear(&self, frequencies: Vec<f64>) -> Result<Rope> {
        let factor = self.required("factor")?;
        Ok(Rope { frequencies: frequencies.into_iter().map(|frequency| frequency / factor).collect(), factor: 1.0 })
    }

    /// Each frequency by a number of its own: what a GGUF file holds in place of the rule.
    pub(super) fn divided(&self, frequencies: Vec<f64>) -> Result<Rope> {
        let factors = self.parameters.value(&["factors"]).and_then(|(_, factors)| factors.as_array());
        let factors: Vec<f64> =
            factors.into_iter().flatten().filter_map(Value::as_f64).filter(|factor| *factor > 0.0).collect();
        if factors.len() != frequencies.len() {
            let problem = format!("hold {} numbers above 0 for {} frequencies", factors.len(), frequencies.len());
            return Err(self.parameters.error("factors", problem));
        }
        let frequencies = frequencies.into_iter().zip(factors).map(|(frequency, factor)| frequency / factor).collect();
        Ok(Rope { frequencies, factor: 1.0 })
    }

    /// Llama 3: long waves are stretched, short ones kept, those between mixed.
    pub(super) fn llama3(&self, frequencies: Vec<f64>) -> Result<Rope> {
        let (factor, original) = (self.required("factor")?, self.original_positions()?);
        let (low, high) = (self.required("low_freq_factor")?, self.required("high_freq_factor")?);
        let scaled = |frequency: f64| {
            let wave = 2.0 * PI / frequency;
            if wave < original / high {
                frequency
            } else if wave > original / low {
                frequency / factor
            } else {
                let kept = (original / wave - low) / (high - low);
                (1.0 - kept) * frequency / factor + kept * frequency
            }
        };
        Ok(Rope { frequencies: frequencies.into_iter().map(scaled).collect(), factor: 1.0 })
    }

    /// `YaRN` (Peng et al. 2023): a ramp over the pairs from kept frequencies to stretched ones, and a factor for the scores.
    pub(super) fn yarn(&self, frequencies: Vec<f64>, theta: f64) -> Result<Rope> {
        let parameters = self.parameters;
        let original = self.original_positions()?;
        let factor = match parameters.value(&["factor"]) {
            Some(_) => self.required("factor")?,
            None => self.positions as f64 / original,
        };
        let rotated = 2.0 * frequencies.len() as f64;
        // the pair whose wave turns so often within the original context
        let pair = |turns: f64| rotated * (original / (turns * 2.0 * PI)).ln() / (2.0 * theta.ln());
        let or_default = |value: f64, default: f64| if value == 0.0 { default } else { value };
        let mut low = pair(or_default(parameters.number(&["beta_fast"], 32.0)?, 32.0));
        let mut high = pair(or_default(parameters.number(&["beta_slow"], 1.0)?, 1.0));
        if parameters.flag(&["truncate"], true)? {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(rotated - 1.0));
        let width = if (high - low).abs() < f64::EPSILON { 0.001 } else { high - low };
        let scaled = |(index, frequency): (usize, f64)| {
            let stretched = ((index as f64 - low) / width).clamp(0.0, 1.0);
            frequency / factor * stretched + frequency * (1.0 - stretched)
        };
        let frequencies = frequencies.into_iter().enumerate().map(scaled).collect();
        let scale = |weight: f64| if factor <= 1.0 { 1.0 } else { 0.1 * weight * factor.ln() + 1.0 };
        let [mscale, all] = [parameters.number(&["mscale"], 0.0)?, parameters.number(&["mscale_all_dim"], 0.0)?];
        let inferred = if mscale != 0.0 && all != 0.0 { scale(mscale) / scale(all) } else { scale(1.0) };
        Ok(Rope { frequencies, factor: parameters.number(&["attention_factor"], inferred)? })
    }
}
