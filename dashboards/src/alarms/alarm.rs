//! What an alarm is: its kind, its place, its numbers and its wording.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number;

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// The loss rose and did not come back.
    Collapse,
    /// The exact items gained on their perturbed twins.
    PerturbedGap,
    /// One task jumped and its siblings did not.
    LoneJump,
    /// Two checkpoints answer bit for bit alike.
    SameWeights,
    /// The newest checkpoint is worse than an earlier one.
    Regressed,
    /// The answers' letters are not spread as the right ones are.
    Letters,
    /// Too many items end in a tie.
    Ties,
    /// The loss rose and came back.
    LossSpike,
    /// The loss no longer falls.
    Plateau,
}

/// Where an alarm was raised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The task, unless the alarm is about the run itself.
    pub task: Option<String>,
    /// The branch.
    pub branch: String,
    /// Step of the checkpoint or log entry.
    pub step: Option<u64>,
    /// Tokens seen there.
    pub tokens: Option<u64>,
}

impl Place {
    /// `on the branch at 3.84 M tokens`, as far as it is known.
    pub(crate) fn words(&self) -> String {
        match (self.tokens, self.step) {
            (Some(tokens), _) => format!("on {} at {} tokens", self.branch, number::tokens(tokens as f64)),
            (None, Some(step)) => format!("on {} at step {step}", self.branch),
            (None, None) => format!("on {}", self.branch),
        }
    }

    pub(crate) fn task(&self) -> &str {
        self.task.as_deref().unwrap_or("this task")
    }
}

/// One number behind an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// What it is.
    pub name: &'static str,
    /// Its value; fractions in [0, 1].
    pub value: f64,
}

/// A reason to look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alarm {
    /// Which rule raised it.
    pub kind: AlarmKind,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Its numbers.
    pub evidence: Vec<Evidence>,
    /// The rule, in words.
    pub threshold: &'static str,
    /// How often it speaks without cause, as simulated (METHODS.md §20); `None` where it was not simulated.
    pub false_alarms: Option<&'static str>,
    /// What was seen, and what it may mean.
    pub sentence: String,
}

/// Named numbers as evidence; what is not a finite number is left out.
pub(super) fn evidence<const N: usize>(numbers: [(&'static str, f64); N]) -> Vec<Evidence> {
    let finite = numbers.into_iter().filter(|(_, value)| value.is_finite());
    finite.map(|(name, value)| Evidence { name, value }).collect()
}
