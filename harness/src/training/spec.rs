//! `training:` of the run file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use super::amount::Amount;
use super::batches::{Batch, Batches};
use super::piece::Shape;
use crate::Result;
use crate::values::{WordOrMap, word_or_map, word_or_map_schema};

/// A schedule: the name of a known run's, or its own formula.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TrainingSpec {
    /// Name of a shipped schedule, which the other fields correct.
    pub(crate) preset: Option<String>,
    /// Tokens of one step, piece by piece.
    pub(crate) tokens_per_step: Vec<Batch>,
    /// The learning rate, piece by piece.
    pub(crate) learning_rate: Vec<PieceSpec>,
}

/// The map form of [`TrainingSpec`].
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TrainingMap {
    preset: Option<String>,
    tokens_per_step: Option<Batches>,
    learning_rate: Vec<PieceSpec>,
}

/// A stretch of the schedule.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PieceSpec {
    /// How the rate goes.
    pub(crate) shape: Shape,
    /// The rate that the shape begins with; the one that the piece before ended with when absent, 0 at the start.
    pub(crate) from: Option<f64>,
    /// The rate that it ends with.
    pub(crate) to: Option<f64>,
    /// Where the shape began, when that was before this piece.
    pub(crate) since: Option<Amount>,
    /// Where the shape ends.
    pub(crate) until: Option<Amount>,
    /// How long the shape takes, in place of `until`.
    #[serde(rename = "for")]
    pub(crate) length: Option<Amount>,
    /// Where the run goes on to the next piece, when that is before the shape's end.
    pub(crate) leave: Option<Amount>,
}

impl From<TrainingMap> for TrainingSpec {
    fn from(map: TrainingMap) -> Self {
        let tokens_per_step = map.tokens_per_step.map_or_else(Vec::new, |batches| batches.0);
        Self { preset: map.preset, tokens_per_step, learning_rate: map.learning_rate }
    }
}

impl WordOrMap for TrainingSpec {
    type Map = TrainingMap;
    const EXPECTING: &'static str = "the name of a known run, or a map with `tokens_per_step` and `learning_rate`";
    fn from_word(word: &str) -> Self {
        Self { preset: Some(word.into()), ..Self::default() }
    }
}

impl JsonSchema for TrainingSpec {
    fn schema_name() -> Cow<'static, str> {
        "TrainingSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        word_or_map_schema::<Self>(generator)
    }
}

impl<'de> Deserialize<'de> for TrainingSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word_or_map(deserializer)
    }
}
