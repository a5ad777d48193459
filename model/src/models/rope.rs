//! How a config.json describes the rotary embedding, and the frequencies that follow.
//!
//! Newer files hold `rope_parameters`, for all layers or by their kind; older ones `rope_theta` and perhaps `rope_scaling`.

use std::f64::consts::PI;

use serde_json::Value;

use crate::checkpoint::Keys;
use crate::error::Result;
use crate::layers::Rotary;

/// What an architecture says where the file does not, and how it calls things.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    /// The base, its key at the top of older files, and its value where none is given.
    pub(super) theta: (&'static str, f64),
    /// The share of a head that is turned, likewise; `None` where all of it is, whatever a file says.
    pub(super) partial: Option<(&'static str, f64)>,
    /// Longest context, for the scalings that go by it.
    pub(super) positions: usize,
}

impl Defaults {
    /// All of a head is turned; base 10,000.
    pub(super) fn of(positions: usize) -> Self {
        Self { theta: ("rope_theta", 10_000.0), partial: None, positions }
    }
}

/// A rotary embedding as described: frequencies of the pairs of a head, and a factor of cos and sin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rope {
    pub(super) frequencies: Vec<f64>,
    pub(super) factor: f64,
}

impl Rope {
    /// Reads what `keys` say of heads `head_dim` wide.
    ///
    /// # Errors
    /// A kind of scaling that is not known, a number that makes no sense.
    pub(super) fn read(keys: &Keys, head_dim: usize, defaults: Defaults) -> Result<Self> {
        if keys.nests("rope_parameters") {
            return Err(
                keys.error("rope_parameters", "differs by kind of layer, which this architecture does not have".into())
            );
        }
        let parameters = match keys.under("rope_scaling")? {
            Some(scaling) => Some(scaling),
            None => keys.under("rope_parameters")?,
        };
        Self::of(keys, parameters.as_ref(), head_dim, defaults)
    }

    /// The same for one kind of layers, whose `parameters` lie below.
    pub(super) fn of(keys: &Keys, parameters: Option<&Keys>, head_dim: usize, defaults: Defaults) -> Result<Self> {
        let number = |name: &str, top: &str, default: f64| match parameters {
            Some(parameters) if parameters.value(&[name]).is_some() => parameters.number(&[name], default),
            _ => keys.number(&[top], default),
        };
        let theta = number("rope_theta", defaults.theta.0, defaults.theta.1)?;
        if !(theta.is_finite() && theta >= 1.0) {
            return Err(keys.error(defaults.theta.0, format!("is {theta}, expected a number of at least 1")));
        }
        let (partial_key, partial_default) = defaults.partial.unwrap_or(("partial_rotary_factor", 1.0));
        let partial = number("partial_rotary_factor", partial_key, partial_default)?;
        let rotated = (head_dim as f64 * partial) as usize;
        if !(0.0..=1.0).contains(&partial) || !rotated.is_multiple_of(2) || rotated == 0 {
            let problem = format!("is {partial}: {rotated} of {head_dim} numbers of a head, which are not pairs");
            return Err(keys.error(partial_key, problem));
        }
        if defaults.partial.is_none() && rotated != head_dim {
            return Err(keys.error(partial_key, format!("is {partial}, this architecture turns whole heads")));
        }
        let frequencies = Rotary::frequencies(theta, rotated);
        let Some(parameters) = parameters else { return Ok(Self { frequencies, factor: 1.0 }) };
        let scaling = Scaling { keys, parameters, positions: defaults.positions };
        match parameters.value(&["rope_type", "type"]).map(|(_, kind)| kind.as_str().unwrap_or_default()) {
            None | Some("default") => Ok(Self { frequencies, factor: 1.0 }),
            Some("linear") => scaling.linear(frequencies),
            Some("llama3") => scaling.llama3(frequencies),
            Some("yarn") => scaling.yarn(frequencies, theta),
            Some("divided") => scaling.divided(frequencies),
            Some(kind) => {
                Err(keys.error("rope_type", format!("is `{kind}`, known are `default`, `linear`, `llama3` and `yarn`")))
            }
        }
    }

    /// The embedding itself.
    pub(super) fn rotary(&self) -> Rotary {
        Rotary::new(self.frequencies.clone(), self.factor)
    }
}

/// The ways in which frequencies are changed for longer contexts.
struct Scaling<'a> {
    keys: &'a Keys,
    parameters: &'a Keys,
    positions: usize,
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

    fn linear(&self, frequencies: Vec<f64>) -> Result<Rope> {
        let factor = self.required("factor")?;
        Ok(Rope { frequencies: frequencies.into_iter().map(|frequency| frequency / factor).collect(), factor: 1.0 })
    }

    /// Each frequency by a number of its own: what a GGUF file holds in place of the rule.
    fn divided(&self, frequencies: Vec<f64>) -> Result<Rope> {
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
    fn llama3(&self, frequencies: Vec<f64>) -> Result<Rope> {
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
    fn yarn(&self, frequencies: Vec<f64>, theta: f64) -> Result<Rope> {
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
