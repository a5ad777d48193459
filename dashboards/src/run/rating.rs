//! What readers thought of conversations.

use serde::{Deserialize, Serialize};

use super::opinion::{Opinion, Winner};

/// A checkpoint, as a reader's rating names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields of the same name in `Checkpoint`")]
pub struct RatingPlace {
    pub branch: String,
    pub step: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// What one reader thought of a conversation, or of two checkpoints' answers beside each other: a line of the JSONL that the
/// report exports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// Who rated.
    pub rater: String,
    /// Name of the pack.
    pub pack: String,
    /// Id of the prompt.
    pub prompt: String,
    /// The conversation's variables.
    #[serde(default)]
    pub variables: serde_json::Map<String, serde_json::Value>,
    /// Number of the repeat, from 0.
    #[serde(default)]
    pub repeat: usize,
    /// What was said.
    #[serde(flatten)]
    pub opinion: Opinion,
    /// When, RFC 3339.
    #[serde(default)]
    pub time: String,
}

impl Rating {
    /// The checkpoints it speaks of.
    pub fn places(&self) -> Vec<&RatingPlace> {
        match &self.opinion {
            Opinion::Stars { at, .. } => vec![at],
            Opinion::Pair { a, b, .. } => vec![a, b],
        }
    }

    /// Stars, 1 to 5, of one checkpoint.
    pub fn stars(&self) -> Option<(&RatingPlace, f64)> {
        match &self.opinion {
            Opinion::Stars { at, stars, .. } => Some((at, f64::from(*stars))),
            Opinion::Pair { .. } => None,
        }
    }

    /// A comparison: 1 the first won, 0 the second, ½ neither.
    pub fn game(&self) -> Option<(&RatingPlace, &RatingPlace, f64)> {
        let Opinion::Pair { a, b, winner } = &self.opinion else { return None };
        let score = match winner {
            Winner::A => 1.0,
            Winner::B => 0.0,
            Winner::Tie => 0.5,
        };
        Some((a, b, score))
    }

    /// Names the conversation that was judged, whatever order its variables are written in.
    pub fn talk(&self) -> String {
        let variables: std::collections::BTreeMap<_, _> = self.variables.iter().collect();
        let variables = serde_json::to_string(&variables).expect("plain data");
        format!("{}/{}/{variables}/{}", self.pack, self.prompt, self.repeat)
    }
}
