//! What becomes of rotary embeddings, as a run file says it.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of rotary embeddings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RopeSpec {
    /// Positions are divided by this number, so that a text N times as long as those of training turns queries and keys no farther than they
    /// did (position interpolation, arXiv:2306.15595). It comes on top of what config.json says of scaling.
    pub scale: Option<RopeScale>,
}

/// What positions are divided by: more than 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
pub struct RopeScale(f64);

impl RopeScale {
    /// The number.
    pub fn number(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for RopeScale {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        if number > 1.0 && number <= 1024.0 {
            return Ok(Self(number));
        }
        Err(format!(
            "a scale of {number} is not a number above 1, up to 1024: positions are divided by it (leave it out where they are not)"
        ))
    }
}

impl FromStr for RopeScale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is not a number")).and_then(|number: f64| number.try_into())
    }
}

impl Display for RopeScale {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
