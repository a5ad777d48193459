//! Why a model stopped talking.

use serde::{Deserialize, Serialize};

/// Why a reply ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The model gave an end-of-text token.
    EndToken,
    /// The reply came to a stop string.
    StopString,
    /// It reached `max_tokens`, or the model's context limit.
    #[default]
    Limit,
}
