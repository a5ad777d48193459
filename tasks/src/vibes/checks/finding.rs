//! What a check found.

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    /// What the threshold is compared with.
    pub measure: f64,
    /// How well the reply does, in [0, 1].
    pub score: f64,
    /// What was expected, for a reader.
    pub expected: String,
    /// What was found, for a reader.
    pub actual: String,
}

impl Finding {
    /// A finding whose score is also what the threshold is compared with.
    pub(crate) fn scored(score: f64, expected: String, actual: String) -> Self {
        Self { measure: score, score, expected, actual }
    }

    /// A finding of yes or no.
    pub(crate) fn of(holds: bool, expected: String, actual: String) -> Self {
        Self::scored(f64::from(u8::from(holds)), expected, actual)
    }
}
