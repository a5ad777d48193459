//! How the model is run and in which order checkpoints are scored, as the run file says it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::context::ContextLimit;
use super::dt_floor::DtFloorSpec;
use super::rope::RopeSpec;
use crate::values;

/// How the model is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSpec {
    /// The smallest discretisation step of the state-space layers.
    pub dt_floor: DtFloorSpec,
    /// What becomes of rotary embeddings.
    pub rope: RopeSpec,
    /// The context limit in tokens, in place of what config.json says (with `rope: {scale: N}` N times as much).
    #[serde(deserialize_with = "values::given")]
    pub context: Option<ContextLimit>,
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
