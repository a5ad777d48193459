//! What kind of metric one is: its values, their noise, its chance level, how items become one number, what it needs of them.

/// The values a metric can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// From 0 to 1.
    Fraction,
    /// 0 and above.
    NonNegative,
    /// 0 and below.
    NonPositive,
    /// Any number.
    Real,
}

impl Range {
    /// The interval in mathematical notation.
    pub fn interval(self) -> &'static str {
        match self {
            Self::Fraction => "[0, 1]",
            Self::NonNegative => "[0, ∞)",
            Self::NonPositive => "(-∞, 0]",
            Self::Real => "(-∞, ∞)",
        }
    }
}

/// How the values of a metric's items scatter round their mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// An item is right or wrong, 1 or 0, so that the share p of the right ones tells its own variance: p (1 − p).
    Binomial,
    /// As the items' values tell.
    Measured,
}

/// What guessing scores in a metric, where a task declares nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChanceLevel {
    /// One over the choices, whichever metric comes first; 0 of an answer that must be written.
    Choices,
    /// One over the choices, where there are several: the only choice is always the likeliest.
    AmongChoices,
    /// As [`Choices`](Self::Choices), where it is the task's first metric.
    Written,
    /// Nothing: it has the chance that a task declares whose first metric it is.
    Declared,
}

/// How items become one number, named as in lm-evaluation-harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// The mean over items.
    Mean,
    /// The mean over items; lm-evaluation-harness gives it no standard error, we do.
    Brier,
    /// `exp` of the mean over items.
    Perplexity,
    /// `exp` of a sum over items divided by the sum of their words or bytes.
    WeightedPerplexity,
    /// A sum over items divided by the sum of their bytes.
    BitsPerByte,
}

impl Aggregation {
    /// The name in a task file's `metric_list`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Brier => "brier_score",
            Self::Perplexity => "perplexity",
            Self::WeightedPerplexity => "weighted_perplexity",
            Self::BitsPerByte => "bits_per_byte",
        }
    }

    /// lm-evaluation-harness writes a standard error for such a metric, not "N/A".
    pub fn has_stderr_in_lm_eval(self) -> bool {
        self != Self::Brier
    }
}

/// What a metric needs beyond a log-likelihood a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// Each choice's log-likelihood after an empty context.
    Unconditional,
    /// The log-likelihood of every single token.
    TokenLogprobs,
    /// A reply, of a task over long texts.
    Reply,
}
