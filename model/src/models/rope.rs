//! How a config.json describes the rotary embedding, and the frequencies that follow.
//!
//! Newer files hold `rope_parameters`, for all layers or by their kind; older ones `rope_theta` and perhaps `rope_scaling`.

mod scaling;

use crate::checkpoint::Keys;
use crate::error::Result;
use crate::layers::Rotary;
use scaling::Scaling;

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

/// The key that makes heads as wide as they are.
pub(super) fn head_key(keys: &Keys) -> &'static str {
    let names = ["head_dim", "num_attention_heads", "n_heads"];
    names.into_iter().find(|name| keys.value(&[name]).is_some()).unwrap_or(names[1])
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
        // the key that a number stands under, and the number
        let number = |name: &'static str, top: &'static str, default: f64| -> Result<(&'static str, f64)> {
            match parameters {
                Some(parameters) if parameters.value(&[name]).is_some() => {
                    Ok((name, parameters.number(&[name], default)?))
                }
                _ => Ok((top, keys.number(&[top], default)?)),
            }
        };
        let (theta_key, theta) = number("rope_theta", defaults.theta.0, defaults.theta.1)?;
        if !(theta.is_finite() && theta >= 1.0) {
            return Err(keys.error(theta_key, format!("is {theta}, expected a number of at least 1")));
        }
        let (top, partial_default) = defaults.partial.unwrap_or(("partial_rotary_factor", 1.0));
        let (partial_key, partial) = number("partial_rotary_factor", top, partial_default)?;
        let rotated = (head_dim as f64 * partial) as usize;
        let is_share = (0.0..=1.0).contains(&partial);
        if !is_share || !rotated.is_multiple_of(2) || rotated == 0 {
            let is_said = [Some(keys), parameters].iter().flatten().any(|keys| keys.value(&[partial_key]).is_some());
            if is_share && (!is_said || !head_dim.is_multiple_of(2)) {
                let problem =
                    format!("makes heads {head_dim} wide: the {rotated} numbers that are turned are not pairs");
                return Err(keys.error(head_key(keys), problem));
            }
            let problem = format!("is {partial}: {rotated} of {head_dim} numbers of a head, which are not pairs");
            return Err(keys.error(partial_key, problem));
        }
        if defaults.partial.is_none() && rotated != head_dim {
            return Err(keys.error(partial_key, format!("is {partial}, this architecture turns whole heads")));
        }
        let frequencies = Rotary::frequencies(theta, rotated);
        let Some(parameters) = parameters else { return Ok(Self { frequencies, factor: 1.0 }) };
        let scaling = Scaling { keys, parameters, positions: defaults.positions };
        let Some((key, kind)) = parameters.value(&["rope_type", "type"]) else {
            return Ok(Self { frequencies, factor: 1.0 });
        };
        match kind.as_str() {
            Some("default") => Ok(Self { frequencies, factor: 1.0 }),
            Some("linear") => scaling.linear(frequencies),
            Some("llama3") => scaling.llama3(frequencies),
            Some("yarn") => scaling.yarn(frequencies, theta),
            Some("divided") => scaling.divided(frequencies),
            _ => Err(keys.error(key, format!("is {kind}, known are `default`, `linear`, `llama3` and `yarn`"))),
        }
    }

    /// The embedding itself, its positions divided by `scale`.
    pub(super) fn rotary(&self, scale: f64) -> Rotary {
        Rotary::new(self.frequencies.iter().map(|frequency| frequency / scale).collect(), self.factor)
    }
}
