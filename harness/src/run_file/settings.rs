//! How the model is run and in which order checkpoints are scored, as the run file says it.

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use spyglass_tasks::yaml;

use super::dt_floor::DtFloorSpec;
use super::rope::RopeSpec;

/// How the model is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSpec {
    /// The smallest discretisation step of the state-space layers.
    pub dt_floor: DtFloorSpec,
    /// What becomes of rotary embeddings.
    pub rope: RopeSpec,
    /// The context limit in tokens, in place of what config.json says (with `rope: {scale: N}` N times as much).
    #[serde(deserialize_with = "context")]
    pub context: Option<usize>,
}

fn context<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match yaml::count::optional(deserializer)? {
        Some(0) => Err(D::Error::custom(
            "a context limit of 0 tokens leaves no room for a question: say how many, or leave it out",
        )),
        limit => Ok(limit),
    }
}

/// What becomes of checkpoints whose weights belong to another step, as the hashes of their files tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MisplacedSpec {
    /// They are drawn hollow, and left out of onsets and of all else that is said of a curve.
    #[default]
    LeaveOut,
    /// They count as the others do.
    Keep,
}

/// Whether BOS stands before a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BosSpec {
    /// As the tokenizer's own files say.
    #[default]
    Tokenizer,
    /// Always, once.
    Always,
    /// Never, and no other special token either; an empty context is BOS (else EOS) still.
    Never,
}

impl BosSpec {
    /// The name as it goes into a unit's key, where it is not the default.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Tokenizer => None,
            Self::Always => Some("always"),
            Self::Never => Some("never"),
        }
    }
}

/// When a sweep writes its report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportSpec {
    /// After each checkpoint, so that a page left open fills, and at the end.
    #[default]
    Checkpoint,
    /// At the end only, be it that of a sweep that is stopped.
    End,
}

/// Arithmetic of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, JsonSchema)]
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

/// One arithmetic, or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "OneOrMany")]
#[schemars(with = "OneOrMany")]
pub struct PrecisionsSpec(Vec<PrecisionSpec>);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected `f32`, `bf16`, `int8` or `q4`, or a list of them")]
enum OneOrMany {
    One(PrecisionSpec),
    Many(Vec<PrecisionSpec>),
}

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

impl TryFrom<OneOrMany> for PrecisionsSpec {
    type Error = &'static str;

    fn try_from(said: OneOrMany) -> Result<Self, Self::Error> {
        let all = match said {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(all) => all,
        };
        if all.is_empty() {
            return Err("`precision` names no arithmetic; name one, as in `[f32, q4]`");
        }
        let twice = |(index, one): (usize, &PrecisionSpec)| all[..index].contains(one);
        if all.iter().enumerate().any(twice) {
            return Err("`precision` names an arithmetic twice; write each once, as in `[f32, q4]`");
        }
        Ok(Self(all))
    }
}
