//! Learning-rate phases in the run file: `auto`, or named by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use spyglass_dashboards::run::Phase;
use spyglass_tasks::yaml::count;

use super::branch::default_branch;
use crate::{Result, values};

/// Where the learning-rate phases come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PhasesSpec {
    /// From the log.
    #[default]
    Auto,
    /// From the user, whose word wins.
    Given(Vec<PhaseSpec>),
}

/// One phase as the user names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpec {
    /// The branch it lies on.
    #[serde(default = "default_branch")]
    pub branch: String,
    /// The phase.
    #[schemars(schema_with = "phase_schema")]
    pub phase: Phase,
    /// Its first step.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "values::count_schema")]
    pub from_step: u64,
}

impl JsonSchema for PhasesSpec {
    fn schema_name() -> Cow<'static, str> {
        "PhasesSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<PhaseSpec>>();
        json_schema!({"anyOf": [{"const": "auto"}, list]})
    }
}

impl<'de> Deserialize<'de> for PhasesSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AutoOrList;
        impl<'de> serde::de::Visitor<'de> for AutoOrList {
            type Value = PhasesSpec;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`auto`, or a list of {branch, phase, from_step}")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<PhasesSpec, E> {
                if word == "auto" {
                    Ok(PhasesSpec::Auto)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
                }
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<PhasesSpec, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(PhasesSpec::Given)
            }
        }
        deserializer.deserialize_any(AutoOrList)
    }
}

fn phase_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["warmup", "stable", "decay", "rewarm", "anneal"]})
}
