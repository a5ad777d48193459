//! What becomes of rotary embeddings, as a run file says it.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use spyglass_tasks::yaml;

use crate::values;

/// What becomes of rotary embeddings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RopeSpec {
    /// Positions are divided by this number, so that a text N times as long as those of training turns queries and keys no farther than they
    /// did (position interpolation, arXiv:2306.15595). It comes on top of what config.json says of scaling.
    #[serde(deserialize_with = "values::given")]
    pub scale: Option<RopeScale>,
}

/// What positions are divided by: more than 1.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema)]
pub struct RopeScale(f64);

impl RopeScale {
    /// The number.
    pub fn number(self) -> f64 {
        self.0
    }
}

impl FromStr for RopeScale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(number) if number > 1.0 && number <= 1024.0 => Ok(Self(number)),
            Ok(_) => Err(format!(
                "a scale of {text} is not a number above 1, up to 1024: positions are divided by it (leave it out where they are not)"
            )),
            Err(_) => Err(format!("`{text}` is not a number")),
        }
    }
}

impl<'de> Deserialize<'de> for RopeScale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        yaml::scalar(deserializer, "a number above 1, up to 1024", str::parse)
    }
}

impl Display for RopeScale {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
