//! The arithmetic of the model, as a run file says it: one, or a list.

use std::borrow::Cow;
use std::fmt;

use clap::ValueEnum;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use spyglass_tasks::yaml::told;

use crate::Result;

/// Arithmetic of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionSpec {
    /// f32 arithmetic on the weights as they lie on disk.
    #[default]
    F32,
    /// bf16 products, f32 sums.
    Bf16,
    /// Linear layers in eight bits: weights rounded by output, their inputs by token, sums exact.
    Int8,
    /// Weights of linear layers in four bits, blocks of 32 with a scale; f32 arithmetic.
    Q4,
}

/// All of their names.
const NAMES: [&str; 4] = ["f32", "bf16", "int8", "q4"];

impl PrecisionSpec {
    /// The name as it goes into a unit's key.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
            Self::Q4 => "q4",
        }
    }
}

/// The arithmetic that another program calls so; by letters alone `int4` would be nearest to `int8`.
fn elsewhere(word: &str) -> Option<&'static str> {
    match word.to_lowercase().as_str() {
        "fp32" | "float32" | "float" | "full" | "32" => Some("f32"),
        "bfloat16" | "bfloat" | "16" => Some("bf16"),
        "q8" | "q8_0" | "8bit" | "w8a8" | "i8" | "8" => Some("int8"),
        "int4" | "i4" | "q4_0" | "q4_k" | "4bit" | "nf4" | "fp4" | "4" => Some("q4"),
        _ => None,
    }
}

/// One arithmetic, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecisionsSpec(Vec<PrecisionSpec>);

impl Default for PrecisionsSpec {
    fn default() -> Self {
        Self(vec![PrecisionSpec::default()])
    }
}

impl PrecisionsSpec {
    /// That of the report.
    pub fn first(&self) -> PrecisionSpec {
        self.0[0]
    }

    /// Those whose price is told.
    pub fn others(&self) -> &[PrecisionSpec] {
        &self.0[1..]
    }
}

impl JsonSchema for PrecisionsSpec {
    fn schema_name() -> Cow<'static, str> {
        "PrecisionsSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<PrecisionSpec>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": true}]})
    }
}

impl<'de> Deserialize<'de> for PrecisionsSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

/// Reads one or a list. An untagged enum would lose the place of a wrong one.
struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = PrecisionsSpec;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`f32`, `bf16`, `int8` or `q4`, or a list of them")
    }
    fn visit_str<E: Error>(self, word: &str) -> Result<PrecisionsSpec, E> {
        Named { before: &[] }.visit_str(word).map(|one| PrecisionsSpec(vec![one]))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<PrecisionsSpec, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_unit<E: Error>(self) -> Result<PrecisionsSpec, E> {
        Err(told("the value is empty", "name one, as in `precision: f32`, or leave the key out"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PrecisionsSpec, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element_seed(Named { before: &all })? {
            all.push(one);
        }
        if all.is_empty() {
            return Err(told("the list is empty", "name one at least, as in `[f32, q4]`, or leave the key out"));
        }
        Ok(PrecisionsSpec(all))
    }
}

/// Reads one that is not among those `before` it.
struct Named<'a> {
    before: &'a [PrecisionSpec],
}

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = PrecisionSpec;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PrecisionSpec, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Named<'_> {
    type Value = PrecisionSpec;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`f32`, `bf16`, `int8` or `q4`")
    }
    fn visit_str<E: Error>(self, word: &str) -> Result<PrecisionSpec, E> {
        let found = PrecisionSpec::value_variants().iter().find(|one| one.name() == word);
        let wrong = format!("unknown variant `{word}`");
        match found {
            Some(one) if self.before.contains(one) => {
                Err(told(&format!("`{word}` is named twice"), "write each once, as in `[f32, q4]`"))
            }
            Some(one) => Ok(*one),
            None if word.contains([',', ' ']) => Err(told(&wrong, "write several as a list: `[f32, q4]`")),
            None => Err(match elsewhere(word) {
                Some(meant) => told(&wrong, &format!("did you mean `{meant}`?")),
                None => E::unknown_variant(word, &NAMES),
            }),
        }
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<PrecisionSpec, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use spyglass_tasks::yaml;

    use super::*;

    #[test]
    fn names_are_those_of_the_variants() {
        assert!(PrecisionSpec::value_variants().iter().map(|one| one.name()).eq(NAMES));
    }

    #[test]
    fn one_or_a_list_is_read() {
        let read = |text: &str| yaml::parse::<PrecisionsSpec>("run.yaml", text).unwrap();
        assert_eq!((read("q4").first(), read("q4").others()), (PrecisionSpec::Q4, &[][..]));
        let list = read("[f32, q4, int8]");
        assert_eq!((list.first(), list.others()), (PrecisionSpec::F32, &[PrecisionSpec::Q4, PrecisionSpec::Int8][..]));
    }
}
