//! The floor of a mixer's time step, as a run file says it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::Result;

/// The dt floor: the config's `time_step_min`, or none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DtFloorSpec {
    /// `time_step_min` of config.json, as Hugging Face's prefill does.
    #[default]
    Config,
    /// None, as the training kernels do.
    #[value(name = "0")]
    Zero,
}

impl DtFloorSpec {
    /// The name as it goes into a unit's key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Zero => "0",
        }
    }
}

impl JsonSchema for DtFloorSpec {
    fn schema_name() -> Cow<'static, str> {
        "DtFloorSpec".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ["config", 0]})
    }
}

impl<'de> Deserialize<'de> for DtFloorSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrZero;
        impl serde::de::Visitor<'_> for WordOrZero {
            type Value = DtFloorSpec;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`config` or 0")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<DtFloorSpec, E> {
                match word {
                    "config" => Ok(DtFloorSpec::Config),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<DtFloorSpec, E> {
                match value {
                    0 => Ok(DtFloorSpec::Zero),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self)),
                }
            }
        }
        deserializer.deserialize_any(WordOrZero)
    }
}
