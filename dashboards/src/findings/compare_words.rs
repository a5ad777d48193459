//! A comparison as the cells of a table, for the terminal and the report alike.

use serde::Serialize;
use spyglass_tasks::metric::higher_is_better;

use super::ComparedTask;
use crate::number::{percent, points};

/// Where p, corrected for the number of tasks, is called a change.
pub const CLEAR: f64 = 0.05;

/// The cells of one compared task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is the field of that name, in words")]
pub struct ComparedWords {
    pub a: String,
    pub b: String,
    pub change: String,
    pub interval: String,
    pub p: String,
    pub p_adjusted: String,
    pub lost: String,
    pub gained: String,
    pub detectable: String,
}

impl ComparedTask {
    /// p, corrected for the number of tasks, calls it a change.
    pub fn is_clear(&self) -> bool {
        self.p_bh < CLEAR && self.difference.value != 0.0
    }

    /// Its second side is better.
    pub fn is_better(&self) -> bool {
        (self.difference.value > 0.0) == higher_is_better(&self.metric)
    }

    /// The row in words.
    pub fn words(&self) -> ComparedWords {
        let value = |value: f64| if self.fraction { percent(value) } else { format!("{value:.3}") };
        let change =
            |value: f64| if self.fraction { points(value) } else { format!("{value:+.3}").replace('-', "−") };
        let (low, high) = self.difference.interval;
        let flips = |items: &[usize]| self.mcnemar.map_or_else(|| "–".into(), |_| items.len().to_string());
        ComparedWords {
            a: value(self.a),
            b: value(self.b),
            change: change(self.difference.value),
            interval: format!("{} to {}", change(low), change(high)),
            p: probability(self.p),
            p_adjusted: probability(self.p_bh),
            lost: flips(&self.lost),
            gained: flips(&self.gained),
            detectable: self.detectable.map_or_else(|| "–".into(), value),
        }
    }
}

/// `.0312`, or `< .0001`.
fn probability(p: f64) -> String {
    if p < 1e-4 { "< .0001".into() } else { format!("{p:.4}").trim_start_matches('0').to_owned() }
}
