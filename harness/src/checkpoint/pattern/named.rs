//! What the name of a checkpoint tells.

use std::fmt;

use super::number::{Units, number};

/// An amount as a name prints it: tokens seen, or what else the run counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Label {
    /// The printed number.
    pub tokens: u64,
    /// One unit of its last digit: it is good to so much (`4B` to a billion, `16.78B` to ten million).
    pub unit: u64,
}

impl Label {
    /// Reads an amount as it is printed, and nothing else: `105B`, `16.78B`, `4194304`.
    pub(crate) fn printed(text: &str) -> Option<Self> {
        let read = number(text, Units::OfTokens).filter(|number| number.length == text.len())?;
        Some(Self { tokens: read.value, unit: read.last_digit })
    }

    /// Whether tokens that are known better may be printed so: runs round, some up and some down.
    pub(crate) fn allows(self, tokens: u64) -> bool {
        self.tokens.abs_diff(tokens) <= self.unit
    }
}

/// What a name tells: a step, an amount or an index at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// The stage of the training, as written: `1`, `stage1`, `anneal`.
    pub stage: Option<String>,
    /// What tells runs of one recipe apart, as written: `3`, `default`, `small-aux-2`.
    pub seed: Option<String>,
    /// The step.
    pub step: Option<u64>,
    /// Which of the run's checkpoints it is, where they are only numbered.
    pub index: Option<u64>,
    /// Tokens seen.
    pub tokens: Option<Label>,
}

impl Named {
    /// What tells it from the others of its stage and seed: `step 1000`, `index 3`, `4000000000 tokens`.
    pub(crate) fn place(&self) -> String {
        match (self.step, self.index, self.tokens) {
            (Some(step), ..) => format!("step {step}"),
            (None, Some(index), _) => format!("index {index}"),
            (None, None, Some(label)) => format!("{} tokens", label.tokens),
            (None, None, None) => "no place".into(),
        }
    }

    /// Whether both are one checkpoint of the run, whatever is printed beside it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let key = |named: &Self| match (named.step, named.index) {
            (None, None) => (None, None, named.tokens.map(|label| label.tokens)),
            (step, index) => (step, index.filter(|_| step.is_none()), None),
        };
        (&self.stage, &self.seed, key(self)) == (&other.stage, &other.seed, key(other))
    }

    /// The stage and the seed, as the end of a sentence: ` of stage 2, seed 1`; nothing where it has none.
    pub(crate) fn kind(&self) -> String {
        let parts = [self.stage.as_ref().map(|stage| ("stage", stage)), self.seed.as_ref().map(|seed| ("seed", seed))];
        let said: Vec<String> = parts.into_iter().flatten().map(|(word, value)| format!("{word} {value}")).collect();
        if said.is_empty() { String::new() } else { format!(" of {}", said.join(", ")) }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())?;
        if let (true, Some(label)) = (self.step.is_some() || self.index.is_some(), self.tokens) {
            write!(f, " with {} tokens", label.tokens)?;
        }
        f.write_str(&self.kind())
    }
}
