//! The batch sizes of a training, as a run file says them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use spyglass_tasks::yaml::count;

use crate::Result;
use crate::values::count_schema;

/// One number of tokens a step, or several, each from a step on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batches(pub(super) Vec<Batch>);

/// Tokens of one step, from a step on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// The first step with that many.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "count_schema")]
    pub(crate) from_step: u64,
    /// Tokens of one step.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "count_schema")]
    pub(crate) tokens: u64,
}

impl JsonSchema for Batches {
    fn schema_name() -> Cow<'static, str> {
        "Batches".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<Batch>>();
        schemars::json_schema!({"anyOf": [count_schema(generator), list]})
    }
}

impl<'de> Deserialize<'de> for Batches {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrList;
        impl<'de> serde::de::Visitor<'de> for CountOrList {
            type Value = Batches;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("tokens of a step, such as 4_194_304, or a list of {from_step, tokens}")
            }
            fn visit_u64<E: serde::de::Error>(self, tokens: u64) -> Result<Batches, E> {
                Ok(Batches(vec![Batch { from_step: 0, tokens }]))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Batches, E> {
                let is_count = text.starts_with(|c: char| c.is_ascii_digit());
                match text.replace('_', "").parse() {
                    Ok(tokens) if is_count => self.visit_u64(tokens),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Batches, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(Batches)
            }
        }
        deserializer.deserialize_any(CountOrList)
    }
}
