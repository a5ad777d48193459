//! The phases of a run.

use serde::{Deserialize, Serialize};

/// A stretch of the learning-rate schedule (`lr_phases` finds them, or the run file names them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The first rise from zero.
    Warmup,
    /// A plateau or a floor.
    Stable,
    /// A fall that keeps the rate above a tenth of its peak, or that follows no plateau.
    Decay,
    /// A later rise.
    Rewarm,
    /// The fast fall to (nearly) zero at the end.
    Anneal,
}

impl Phase {
    /// The name as the run file and the report write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warmup => "warmup",
            Self::Stable => "stable",
            Self::Decay => "decay",
            Self::Rewarm => "rewarm",
            Self::Anneal => "anneal",
        }
    }
}

/// Where a phase begins on one branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseStart {
    /// The phase.
    pub phase: Phase,
    /// Its first step, counted from the start of the trunk.
    pub from_step: u64,
    /// Tokens seen at that step.
    pub from_tokens: u64,
}
