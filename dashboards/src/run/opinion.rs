//! What a reader thinks of a reply, or of two.

use serde::{Deserialize, Serialize};

use super::rating::RatingPlace;

/// A reader's opinion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Opinion {
    /// One to five, and a note.
    #[expect(missing_docs, reason = "the names say it")]
    Stars {
        at: RatingPlace,
        #[serde(deserialize_with = "one_to_five")]
        stars: u8,
        #[serde(default)]
        note: String,
    },
    /// The two checkpoints were hidden until the vote.
    #[expect(missing_docs, reason = "the names say it")]
    Pair { a: RatingPlace, b: RatingPlace, winner: Winner },
}

/// Which of two was better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Winner {
    A,
    B,
    Tie,
}

impl TryFrom<String> for Winner {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "a" => Ok(Self::A),
            "b" => Ok(Self::B),
            "tie" => Ok(Self::Tie),
            _ => Err(format!("`winner` is `a`, `b` or `tie`, not `{text}`")),
        }
    }
}

fn one_to_five<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let stars = u64::deserialize(deserializer)?;
    let fits = u8::try_from(stars).ok().filter(|stars| (1..=5).contains(stars));
    fits.ok_or_else(|| serde::de::Error::custom(format!("`stars` are 1 to 5, not {stars}")))
}
